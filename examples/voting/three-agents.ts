/** Three agents that decide something: each with a key of its own, so that nobody has to trust the server. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Ballot, SwarmAgent, SwarmClient, verifyDecision } from 'amos-swarm'

const url = process.env['AMOS_URL'] ?? 'http://127.0.0.1:3000'
const client = new SwarmClient({ url })
// A real agent keeps its directory: in it are its key and what it has signed.
const stateDir = await mkdtemp(join(tmpdir(), 'amos-voters-'))

const opinions: Record<string, Ballot> = {
  ada: { choice: 'approve', reason: 'the tests pass' },
  bob: { choice: 'approve' },
  cy: { choice: 'reject', reason: 'it is Friday' },
}
const agents = Object.entries(opinions).map(
  ([agentId, ballot]) => new SwarmAgent({ url, agentId, stateDir, onProposal: () => ballot }),
)
for (const agent of agents) await agent.start()

const { proposalId, electorateHash } = await client.consensus.propose({
  title: 'Release build 7?',
  payload: { build: 7 },
})
const { outcome, certificate } = await client.consensus.waitForDecision(proposalId, { timeoutMs: 30_000 })
console.log('they decided', JSON.stringify(outcome))

const verdict = verifyDecision(certificate, electorateHash)
console.log('the certificate is', verdict.isValid ? 'valid' : verdict.defect)
if (verdict.isValid) console.log('by their own keys alone:', verdict.selfCustodyQuorum)

await Promise.all(agents.map((agent) => agent.close()))
await rm(stateDir, { recursive: true })
