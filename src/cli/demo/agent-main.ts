import { SwarmAgent } from '#sdk/index.ts'
import { openTree } from '../review/tree.ts'
import { handleReviews } from './review-handlers.ts'

/** What the demo tells each of its agent processes, as JSON in their first argument. */
export interface AgentAssignment {
  readonly url: string
  readonly agentId: string
  readonly capabilities: readonly string[]
  /** The tree to review. */
  readonly path: string
}

/** So that the next task is already there when one is done. */
const SLOTS = 2

const { url, agentId, capabilities, path } = JSON.parse(process.argv[2] ?? '') as AgentAssignment
const agent = new SwarmAgent({
  url,
  agentId,
  capabilities,
  slots: SLOTS,
  labels: { pid: String(process.pid) },
})

// The terminal sends Ctrl-C to the whole group; the demo decides what becomes of its agents.
process.on('SIGINT', () => undefined)
process.once('SIGTERM', () => void agent.close())
// However the demo ends, its agents end with it.
process.once('disconnect', () => process.exit())

handleReviews(agent, await openTree(path))
await agent.start()
const { reason, error } = await agent.ended
if (reason !== 'closed') process.stderr.write(`${agentId}: ${reason}: ${error?.message ?? ''}\n`)
process.exit(reason === 'closed' ? 0 : 1)
