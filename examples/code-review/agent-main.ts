import { SwarmAgent } from '#sdk/index.ts'
import { judgeFinding } from './ballot.ts'
import { type Lie, speechOf } from './lies.ts'
import { openTree } from './review/tree.ts'
import { handleReviews } from './review-handlers.ts'

/** What the demo tells each of its agent processes, as JSON in their first argument. */
export interface AgentAssignment {
  readonly url: string
  readonly agentId: string
  readonly capabilities: readonly string[]
  /** The tree to review. */
  readonly path: string
  /** Where it keeps the key it votes with. */
  readonly stateDir: string
  /** Breaks the rules in every vote. */
  readonly lie?: Lie
}

/** So that the next task is already there when one is done. */
const SLOTS = 2

const { url, agentId, capabilities, path, stateDir, lie } = JSON.parse(
  process.argv[2] ?? '',
) as AgentAssignment
const tree = await openTree(path)
const agent = new SwarmAgent(
  {
    url,
    agentId,
    capabilities,
    slots: SLOTS,
    labels: { pid: String(process.pid) },
    stateDir,
    onProposal: (proposal) => judgeFinding(tree, proposal),
  },
  lie === undefined ? {} : { speech: speechOf(lie) },
)

// The terminal sends Ctrl-C to the whole group; the demo decides what becomes of its agents.
process.on('SIGINT', () => undefined)
process.once('SIGTERM', () => void agent.close())
// However the demo ends, its agents end with it.
process.once('disconnect', () => process.exit())

handleReviews(agent, tree)
await agent.start()
const { reason, error } = await agent.ended
if (reason !== 'closed') process.stderr.write(`${agentId}: ${reason}: ${error?.message ?? ''}\n`)
process.exit(reason === 'closed' ? 0 : 1)
