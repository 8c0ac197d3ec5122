import type { Projection } from '../kernel/projection.ts'
import type { SwarmEvent } from '../model/events.ts'
import { isOneOf } from '../model/events.ts'
import { taskId } from '../model/ids.ts'
import type { DistributionStrategy } from './distribution-strategy.ts'

const ENDS = [
  'task.completed',
  'task.retrying',
  'task.released',
  'task.failed',
  'task.rejected',
  'task.canceled',
] as const

/** Tells the strategy how attempts ended, out of the event log. */
export class OutcomeFeed implements Projection {
  readonly name = 'outcomes'
  readonly #strategy: DistributionStrategy

  constructor(strategy: DistributionStrategy) {
    this.#strategy = strategy
  }

  read(events: readonly SwarmEvent[]): void {
    for (const event of events) {
      if (!isOneOf(event, ENDS)) continue
      const { agentId, taskType = '' } = event.data
      // A task that ended while it waited had no agent.
      if (agentId === undefined) continue
      this.#strategy.onOutcome?.({
        taskId: taskId(event.subject),
        type: taskType,
        agentId,
        isCompleted: event.type === 'task.completed',
        runMs: event.type === 'task.completed' ? event.data.runMs : 0,
      })
    }
  }
}
