/** The program of docs/consensus.md. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SwarmAgent, SwarmClient, verifyDecision } from 'amos-swarm'

const url = process.env['AMOS_URL'] ?? 'http://127.0.0.1:3000'
const stateDir = await mkdtemp(join(tmpdir(), 'amos-docs-'))
const testsPass = async (change: number): Promise<boolean> => change === 42

const agent = new SwarmAgent({
  url,
  agentId: 'carol',
  stateDir,
  onProposal: async ({ payload }) => {
    const { change } = payload as { change: number }
    return { choice: (await testsPass(change)) ? 'approve' : 'reject', reason: 'the tests' }
  },
})
await agent.start()

const client = new SwarmClient({ url })
const { proposalId, electorateHash } = await client.consensus.propose({
  title: 'Merge change 42?',
  payload: { change: 42 },
  electorate: { kind: 'agents', agentIds: ['carol'] },
})
const { outcome, certificate } = await client.consensus.waitForDecision(proposalId)
console.log(outcome) // { verdict: 'approved', option: 'approve' }

const verdict = verifyDecision(certificate, electorateHash)
console.log(verdict.isValid) // true

await agent.close()
await rm(stateDir, { recursive: true })
