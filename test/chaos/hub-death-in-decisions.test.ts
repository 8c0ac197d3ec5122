import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { SigningRecord } from '#domain/consensus/ports/signing-journal.ts'
import { SwarmClient, verifyDecision } from '#sdk/index.ts'
import { Scene } from '../helpers/chaos/scene.ts'
import type { ServerProcess } from '../helpers/chaos/server-process.ts'
import { type OwnedProcess, spawnSource } from '../helpers/process.ts'

const NAMES = ['ada', 'bob', 'cy', 'dee']
/** After the proposal: before the ballots, between the votes, while the certificate is written, after it. */
const KILLS_AFTER_MS = [0, 5, 10, 20, 30, 45, 60, 80, 110, 150]

describe('a hub that is killed in the middle of decisions', () => {
  let scene: Scene
  let server: ServerProcess
  let stateDir: string
  let voters: OwnedProcess[]

  beforeEach(async () => {
    scene = new Scene()
    server = await scene.startServer()
    stateDir = await mkdtemp(join(tmpdir(), 'amos-hub-death-'))
    voters = NAMES.map((name) =>
      spawnSource('test/chaos/programs/voter.ts', [server.url, name, stateDir, '0']),
    )
    await Promise.all(voters.map((voter) => voter.waitForLine('ready')))
  })
  afterEach(async () => {
    await Promise.all(voters.map((voter) => voter.kill9()))
    await scene.close()
    await rm(stateDir, { recursive: true, force: true })
  })

  it('has each decided once, and no voter signs two values for one slot', async () => {
    const client = new SwarmClient({ url: server.url })
    const opened: { proposalId: string; electorateHash: string }[] = []
    for (const afterMs of KILLS_AFTER_MS) {
      opened.push(await client.consensus.propose({ title: `Killed after ${afterMs} ms?` }))
      await delay(afterMs)
      await server.kill9()
      await server.restart()
    }
    for (const { proposalId, electorateHash } of opened) {
      const decision = await client.consensus.waitForDecision(proposalId, { timeoutMs: 60_000 })
      expect(decision).toMatchObject({ status: 'decided', evidence: [] })
      expect(verifyDecision(decision.certificate, electorateHash)).toMatchObject({
        isValid: true,
        outcome: { verdict: 'approved' },
      })
    }
    const { events } = await client.readEvents({ since: '0', types: ['amos.proposal.decided'] })
    expect(events.map(({ subject }) => subject).toSorted()).toEqual(
      opened.map(({ proposalId }) => proposalId).toSorted(),
    )
    let signatureCount = 0
    for (const name of NAMES) {
      const slots = await slotsSignedBy(name)
      signatureCount += slots.length
      expect(new Set(slots).size, `${name} signed ${slots.join(', ')}`).toBe(slots.length)
    }
    // A ballot, a prevote and a precommit, by three of the four at least.
    expect(signatureCount).toBeGreaterThanOrEqual(9 * opened.length)
  })

  /** By the records on disk: one entry for each signature. */
  async function slotsSignedBy(name: string): Promise<readonly string[]> {
    const folder = join(stateDir, 'default', 'default', name)
    const keys = (await readdir(folder)).filter((entry) => entry.startsWith('key-'))
    expect(keys).toHaveLength(1)
    const text = await readFile(join(folder, keys[0] ?? '', 'signed.jsonl'), 'utf8')
    return text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Partial<SigningRecord>)
      .flatMap(({ proposalId, message }) => {
        if (proposalId === undefined || message === undefined) return []
        return message.kind === 'ballot'
          ? [`${proposalId} ballot`]
          : [`${proposalId} ${message.kind} ${message.round}`]
      })
  }
})
