import type { Projection } from '../kernel/projection.ts'
import { agentId, taskId } from '../model/ids.ts'
import type { SwarmEvent } from '../ports/records.ts'
import type { DistributionStrategy } from './distribution-strategy.ts'

const ENDS: ReadonlySet<string> = new Set([
  'task.completed',
  'task.retrying',
  'task.released',
  'task.failed',
  'task.rejected',
  'task.canceled',
])

/** Tells the strategy how attempts ended, out of the event log. */
export class OutcomeFeed implements Projection {
  readonly name = 'outcomes'
  readonly #strategy: DistributionStrategy

  constructor(strategy: DistributionStrategy) {
    this.#strategy = strategy
  }

  read(events: readonly SwarmEvent[]): void {
    for (const { type, subject, data } of events) {
      if (!ENDS.has(type)) continue
      const { agentId: agent, taskType, runMs } = data
      // A task that ended while it waited had no agent.
      if (typeof agent !== 'string') continue
      this.#strategy.onOutcome?.({
        taskId: taskId(subject),
        type: typeof taskType === 'string' ? taskType : '',
        agentId: agentId(agent),
        isCompleted: type === 'task.completed',
        runMs: typeof runMs === 'number' ? runMs : 0,
      })
    }
  }
}
