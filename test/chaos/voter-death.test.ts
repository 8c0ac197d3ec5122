import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { SwarmClient, verifyDecision } from '#sdk/index.ts'
import { type OwnedProcess, spawnSource } from '../helpers/process.ts'
import { startTestNode, type TestNode } from '../helpers/test-node.ts'

const NAMES = ['ada', 'bob', 'cy', 'dee']
const ROUNDS = 8
const PROPOSALS_AT_ONCE = 4

let node: TestNode
let stateDir: string
let voters: OwnedProcess[]

beforeEach(async () => {
  node = await startTestNode()
  stateDir = await mkdtemp(join(tmpdir(), 'amos-voter-death-'))
  voters = []
})
afterEach(async () => {
  await Promise.all(voters.map((voter) => voter.kill9()))
  await node.close()
  await rm(stateDir, { recursive: true, force: true })
})

const startVoter = async (at: number, run: number): Promise<void> => {
  const name = NAMES[at] ?? ''
  const voter = spawnSource('test/chaos/programs/voter.ts', [node.url, name, stateDir, String(run)])
  voters[at] = voter
  await voter.waitForLine('ready')
}

it('a voter that is killed in the middle of decisions never contradicts itself, and all are decided', async () => {
  await Promise.all(NAMES.map((_, at) => startVoter(at, 0)))
  const client = new SwarmClient({ url: node.url })
  const outputs: string[] = []
  for (let round = 1; round <= ROUNDS; round += 1) {
    const victim = round % NAMES.length
    const proposals = await Promise.all(
      Array.from({ length: PROPOSALS_AT_ONCE }, (_, at) =>
        client.consensus.propose({ title: `Question ${round}.${at}` }),
      ),
    )
    // A little later each time: before the ballot, between the votes, after the decision.
    await delay(round * 25)
    const { output } = voters[victim] ?? {}
    await voters[victim]?.kill9()
    outputs.push(output ?? '')
    await startVoter(victim, round)
    for (const { proposalId, electorateHash } of proposals) {
      const decision = await client.consensus.waitForDecision(proposalId, { timeoutMs: 60_000 })
      expect(decision).toMatchObject({ status: 'decided', evidence: [] })
      expect(verifyDecision(decision.certificate, electorateHash)).toMatchObject({
        isValid: true,
        selfCustodyQuorum: true,
        outcome: { verdict: 'approved' },
      })
    }
  }
  outputs.push(...voters.map(({ output }) => output))
  expect(outputs.filter((output) => output.includes('trouble'))).toEqual([])
})
