import {
  appendFileSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { DurableState } from '#domain/consensus/raft/raft-state.ts'
import type { PublicKey } from '#domain/model/hex.ts'
import { proposalId } from '#domain/model/ids.ts'
import { FileRaftStore } from '#sdk/agent/voting/file-raft-store.ts'
import { FileSigningJournal } from '#sdk/agent/voting/file-signing-journal.ts'
import { DecisionWorld } from '../helpers/decision/decision-world.ts'
import { signingRecord } from '../helpers/decision/signing-record.ts'
import { type OwnedProcess, spawnSource } from '../helpers/process.ts'
import { describeRaftStore, durableState } from './raft-store.contract.ts'
import { describeSigningJournal } from './signing-journal.contract.ts'

let directory: string
const journalPath = (): string => join(directory, 'signed.jsonl')
const raftPath = (): string => join(directory, 'election.json')

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'amos-voter-'))
})
afterEach(() => rmSync(directory, { recursive: true, force: true }))

describeSigningJournal('file', async (publicKey: PublicKey) => {
  const options = { path: journalPath(), publicKey, compactAtBytes: 4_000 }
  await FileSigningJournal.create(options)
  let journal = await FileSigningJournal.open(options)
  return {
    get journal() {
      return journal
    },
    reopen: async () => {
      await journal.close()
      journal = await FileSigningJournal.open(options)
    },
    teardown: () => journal.close(),
  }
})

const world = new DecisionWorld()
const { publicKey } = world.key(world.voter(0))
const id = world.instance.proposalId
const ballot = signingRecord(world, world.ballot(0))
const prevote = signingRecord(world, world.prevote(0, 0, null))

describeRaftStore('file', async () => {
  const options = { path: raftPath(), publicKey }
  await FileRaftStore.create(options)
  let store = await FileRaftStore.open(options)
  return {
    get store() {
      return store
    },
    reopen: async () => {
      await store.close()
      store = await FileRaftStore.open(options)
    },
    teardown: () => store.close(),
  }
})

describe('FileSigningJournal', () => {
  const open = (options: { compactAtBytes?: number } = {}) =>
    FileSigningJournal.open({ path: journalPath(), publicKey, ...options })
  const lines = (): string[] => readFileSync(journalPath(), 'utf8').trimEnd().split('\n')

  beforeEach(() => FileSigningJournal.create({ path: journalPath(), publicKey }))

  it('cuts off what a crash left of a line, and goes on behind what is whole', async () => {
    const journal = await open()
    await journal.append(ballot)
    await journal.append(prevote)
    await journal.close()
    truncateSync(journalPath(), statSync(journalPath()).size - 1)
    const reopened = await open()
    expect(await reopened.read(id)).toEqual([ballot])
    await reopened.append(prevote)
    await reopened.close()
    const again = await open()
    expect(await again.read(id)).toEqual([ballot, prevote])
    await again.close()
  })

  it('is of no use under another key, damaged in the middle, or without its beginning', async () => {
    const stranger = world.key(world.voter(1)).publicKey
    await expect(FileSigningJournal.open({ path: journalPath(), publicKey: stranger })).rejects.toThrow(
      'of another key',
    )
    const whole = readFileSync(journalPath())
    appendFileSync(journalPath(), '{"proposalId":\n')
    await expect(open()).rejects.toThrow('damaged')
    for (const rest of ['', '{}\n', 'null\n', whole.subarray(10)]) {
      writeFileSync(journalPath(), rest)
      await expect(open()).rejects.toMatchObject({ name: 'UnusableState' })
    }
  })

  it('signs nothing more for what is over, after a restart and a rewrite, too', async () => {
    const journal = await open()
    await journal.append(ballot)
    await journal.end(id)
    await journal.end(id)
    expect(journal.openProposals).toEqual([])
    await expect(journal.append(prevote)).rejects.toThrow('is over')
    await journal.close()
    const reopened = await open({ compactAtBytes: 1 })
    const next = new DecisionWorld({ proposalId: 'next' })
    await reopened.append(signingRecord(next, next.ballot(0)))
    await reopened.append(signingRecord(next, next.prevote(0, 0, null)))
    expect(reopened.hasEnded(id)).toBe(true)
    await expect(reopened.append(prevote)).rejects.toThrow('is over')
    await reopened.close()
    expect(lines().filter((line) => line.includes(id))).toEqual([JSON.stringify({ ended: id })])
  })

  it('stays small, however much is signed and ended', async () => {
    const journal = await open({ compactAtBytes: 10_000 })
    for (let round = 0; round < 300; round += 1) {
      const one = new DecisionWorld({ proposalId: `p-${round}` })
      await journal.append(signingRecord(one, one.ballot(0)))
      await journal.end(one.instance.proposalId)
    }
    await journal.close()
    const reopened = await open()
    expect(reopened.endedCount).toBe(300)
    expect(statSync(journalPath()).size).toBeLessThan(30_000)
    await reopened.close()
  })

  it('refuses everything once it is closed', async () => {
    const journal = await open()
    await journal.close()
    await expect(journal.append(ballot)).rejects.toThrow('closed')
  })
})

describe('FileRaftStore', () => {
  it('is of no use under another key, or damaged', async () => {
    await FileRaftStore.create({ path: raftPath(), publicKey })
    const stranger = world.key(world.voter(1)).publicKey
    await expect(FileRaftStore.open({ path: raftPath(), publicKey: stranger })).rejects.toThrow('another key')
    writeFileSync(raftPath(), '{"publicKey"')
    await expect(FileRaftStore.open({ path: raftPath(), publicKey })).rejects.toThrow('damaged')
  })
})

describe('kill -9 of a voter', () => {
  let child: OwnedProcess | undefined
  afterEach(async () => {
    await child?.kill9()
  })

  it('loses nothing that was acknowledged, three times in a row', async () => {
    await FileSigningJournal.create({ path: journalPath(), publicKey })
    await FileRaftStore.create({ path: raftPath(), publicKey })
    let first = 1
    const acknowledged: number[] = []
    for (let round = 0; round < 3; round += 1) {
      const writer = spawnSource('test/contract/programs/voter-writer.ts', [
        journalPath(),
        raftPath(),
        String(first),
      ])
      child = writer
      await writer.waitForLine(new RegExp(`^ack ${first + 100 + 7 * round}$`))
      await writer.kill9()
      const said = (what: string) =>
        [...writer.output.matchAll(new RegExp(`^${what} (\\d+)`, 'gm'))].map(([, count]) => Number(count))
      acknowledged.push(...said('ack'))
      first = Math.max(...acknowledged) + 100
      expect(await lossesOf(acknowledged)).toEqual([])
      const last = Math.max(0, ...said('term'))
      // The one after it may be on the disk, too: it was under way.
      expect([durableState(last), durableState(last + 1)]).toContainEqual(await savedState())
    }
  })

  /** What of these steps is not on record as it should be. */
  async function lossesOf(steps: readonly number[]): Promise<number[]> {
    const journal = await FileSigningJournal.open({ path: journalPath(), publicKey })
    const losses: number[] = []
    for (const step of steps) {
      const one = new DecisionWorld({ proposalId: `step-${step}` })
      const isEnded = step % 2 === 0
      const records = [one.ballot(0), one.prevote(0, 0, null)].map((message) => signingRecord(one, message))
      const kept = await journal.read(one.instance.proposalId)
      const isKept = isDeepStrictEqual(kept, isEnded ? [] : records)
      if (!isKept || journal.hasEnded(proposalId(`step-${step}`)) !== isEnded) losses.push(step)
    }
    await journal.close()
    return losses
  }

  async function savedState(): Promise<DurableState | undefined> {
    return (await FileRaftStore.open({ path: raftPath(), publicKey })).load()
  }
})
