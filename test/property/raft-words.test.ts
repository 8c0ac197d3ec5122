import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { DEFAULT_SWARM_ID } from '#domain/cluster/swarm-directory.ts'
import type { RaftMessage } from '#domain/consensus/raft/raft-message.ts'
import type { DurableState } from '#domain/consensus/raft/raft-state.ts'
import { RAFT_TIMING } from '#domain/consensus/raft/raft-state.ts'
import { RaftVoter } from '#domain/consensus/raft/raft-voter.ts'
import { COUNTER_MAX, electorateEpoch, term } from '#domain/consensus/raft/term.ts'
import { signature } from '#domain/model/hex.ts'
import { agentId } from '#domain/model/ids.ts'
import { ManualClock } from '#simulation/manual-clock.ts'
import { toyKey, toyVerifier } from '#simulation/toy-signatures.ts'
import { TENANT } from '../unit/domain/cluster.ts'

const SELF = agentId('v0')
const EPOCH = electorateEpoch(1)
const ALL = ['v0', 'v1', 'v2', 'v3'].map(agentId)

const voters = fc.constantFrom(...ALL, agentId('nobody'))
const lists = fc.uniqueArray(voters, { maxLength: 5 })
const numbers = fc.oneof(
  { weight: 5, arbitrary: fc.nat(4) },
  fc.constantFrom(255, 256, 257, COUNTER_MAX, COUNTER_MAX + 1, Number.MAX_SAFE_INTEGER, 1e300),
)
const terms = numbers.map(term)
const entries = fc.record({ index: numbers, term: terms, voters: lists })
const logEnd = { lastIndex: numbers, lastTerm: terms }
const bodies = fc.oneof(
  fc.record({ type: fc.constant('pre_vote' as const), ...logEnd }),
  fc.record({ type: fc.constant('pre_vote_reply' as const), isGranted: fc.boolean() }),
  fc.record({ type: fc.constant('vote_request' as const), ...logEnd, isTransfer: fc.boolean() }),
  fc.record({ type: fc.constant('vote_grant' as const), signature: fc.constant(signature('ab'.repeat(64))) }),
  fc.record({ type: fc.constant('vote_refusal' as const) }),
  fc.record({
    type: fc.constant('append' as const),
    previousIndex: numbers,
    previousTerm: terms,
    entries: fc.array(entries, { maxLength: 4 }),
    commitIndex: numbers,
  }),
  fc.record({ type: fc.constant('install' as const), base: entries }),
  fc.record({ type: fc.constant('append_reply' as const), isAccepted: fc.boolean(), index: numbers }),
  fc.record({ type: fc.constant('campaign_now' as const) }),
)
const messages = fc
  .tuple(fc.record({ term: terms, from: voters }), bodies)
  .map(([header, body]): RaftMessage => ({ epoch: EPOCH, to: SELF, ...header, ...body }))

/** What happens to a voter, and how many milliseconds pass after it. */
const happenings = fc.array(
  fc.tuple(
    fc.oneof(
      { weight: 8, arbitrary: messages.map((message) => (voter: RaftVoter) => voter.receive(message)) },
      voters.map((leaderId) => (voter: RaftVoter) => voter.leaderGone(leaderId)),
      voters.map((to) => (voter: RaftVoter) => void voter.transferTo(to)),
      fc
        .record({ type: fc.constantFrom('add' as const, 'remove' as const), agentId: voters })
        .map((change) => (voter: RaftVoter) => void voter.changeVoters(change)),
    ),
    fc.constantFrom(0, 50, 500),
  ),
  { minLength: 5, maxLength: 40 },
)

async function startVoter(clock: ManualClock, failures: unknown[]): Promise<RaftVoter> {
  let kept: DurableState | undefined
  const voter = new RaftVoter(
    {
      self: SELF,
      place: { tenantId: TENANT, swarmId: DEFAULT_SWARM_ID },
      timing: RAFT_TIMING,
      seed: 1,
      mailboxMax: 100,
    },
    {
      clock,
      store: {
        load: async () => kept,
        save: async (durable) => {
          kept = durable
        },
      },
      transport: { send: () => undefined },
      key: toyKey(SELF),
      keyOf: (agent) => toyKey(agent).publicKey,
      verifier: toyVerifier,
      listener: {
        leaderChanged: () => undefined,
        votersChanged: () => undefined,
        voteRejected: () => undefined,
        halted: (error) => failures.push(error),
      },
    },
  )
  await voter.start(EPOCH, ALL)
  return voter
}

// A voter that halts takes no part in decisions any more, and those have to bear liars.
it('no word of another voter halts a voter', async () => {
  const property = fc.asyncProperty(happenings, async (happened) => {
    const clock = new ManualClock()
    const failures: unknown[] = []
    const voter = await startVoter(clock, failures)
    for (const [happen, thenMs] of happened) {
      happen(voter)
      await clock.advanceAsync(thenMs)
    }
    voter.stop()
    expect(failures).toEqual([])
  })
  await fc.assert(property, { numRuns: 1_000 })
})
