import type { Capability } from '../model/agent-record.ts'
import type { AgentId } from '../model/ids.ts'
import type { ResourceAmounts } from '../model/task-record.ts'

/** An agent as strategies see it. */
export interface Candidate {
  readonly agentId: AgentId
  readonly capabilities: readonly Capability[]
  readonly slots: number
  /** Tasks it holds, those just being handed over included. */
  readonly activeTasks: number
  /** How many more it can take now; 1 or more where it could start work now. */
  readonly freeSlots: number
  /** What is left of its resources; a name that is missing is 0. */
  readonly freeResources: ResourceAmounts
}

export interface AgentLoad {
  readonly activeTasks: number
  readonly slots: number
}
