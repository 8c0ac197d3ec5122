import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { RaftStore } from '#domain/consensus/raft/raft-ports.ts'
import { type DurableState, genesisOf } from '#domain/consensus/raft/raft-state.ts'
import { electorateEpoch, term } from '#domain/consensus/raft/term.ts'
import { withEntry } from '#domain/consensus/raft/voter-log.ts'
import { agentId } from '#domain/model/ids.ts'

/** One voter's store, as it is found again after restarts. */
export interface RaftStoreUnderTest {
  /** Another object after {@link reopen}. */
  readonly store: RaftStore
  /** Closes it in good order and opens what is left, as a restart does. */
  reopen(): Promise<void>
  teardown(): Promise<void>
}

const voters = ['ada', 'bob', 'cy'].map(agentId)

/** What a voter has on record in its `count`-th term. */
export function durableState(count: number): DurableState {
  const genesis = genesisOf(electorateEpoch(1), voters)
  const log = withEntry(genesis.log, term(count), voters.slice(0, 2))
  return { ...genesis, term: term(count), votedFor: agentId('bob'), log }
}

export function describeRaftStore(adapter: string, setup: () => Promise<RaftStoreUnderTest>): void {
  describe(`RaftStore contract: ${adapter}`, () => {
    let t: RaftStoreUnderTest
    beforeEach(async () => {
      t = await setup()
    })
    afterEach(() => t.teardown())

    it('has nothing before the first save', async () => {
      expect(await t.store.load()).toBeUndefined()
      await t.reopen()
      expect(await t.store.load()).toBeUndefined()
    })

    it('gives back what was saved last, after a restart, too', async () => {
      await t.store.save(durableState(1))
      await t.store.save(durableState(2))
      expect(await t.store.load()).toEqual(durableState(2))
      await t.reopen()
      expect(await t.store.load()).toEqual(durableState(2))
    })

    it('keeps the last of several saves that were under way together', async () => {
      await Promise.all([1, 2, 3, 4, 5].map((count) => t.store.save(durableState(count))))
      await t.reopen()
      expect(await t.store.load()).toEqual(durableState(5))
    })
  })
}
