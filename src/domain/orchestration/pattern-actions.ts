import type { AgentBreakers } from '../agents/agent-breakers.ts'
import type { AgentRegistry } from '../agents/agent-registry.ts'
import type { SwarmStrategy } from '../distribution/swarm-strategy.ts'
import type { PatternActions } from '../intelligence/patterns/pattern-actions.ts'
import type { Reminders } from '../kernel/reminders.ts'
import { type AgentId, monotonicMs, type TaskId } from '../model/ids.ts'
import type { Clock } from '../ports/clock.ts'
import type { TaskEnder } from '../tasks/task-ender.ts'

export interface PatternActionsModules {
  readonly registry: AgentRegistry
  readonly breakers: AgentBreakers
  readonly strategy: SwarmStrategy
  readonly ender: TaskEnder
  readonly reminders: Reminders
  readonly clock: Clock
}

/** What responses to patterns do to the parts of the swarm. Ids that are unknown by now are passed over. */
export function patternActions({
  registry,
  breakers,
  strategy,
  ender,
  reminders,
  clock,
}: PatternActionsModules): PatternActions {
  return {
    spreadLoad: (durationMs) => strategy.spread(durationMs),
    detour: (taskIds, agentIds, durationMs) => strategy.detour(taskIds, agentIds, durationMs),
    failTask: (taskId, failure) => ender.fail(taskId as TaskId, failure),
    openBreakers: (agentIds) => {
      for (const agentId of agentIds) {
        const agent = registry.find(agentId as AgentId)
        if (agent?.breaker.trip(clock.monotonic()) !== true) continue
        registry.refresh(agent)
        breakers.changed(agent, true)
      }
    },
    rest: (agentId, durationMs) => {
      const agent = registry.find(agentId as AgentId)
      if (agent === undefined) return
      agent.rest(monotonicMs(clock.monotonic() + durationMs))
      registry.refresh(agent)
      reminders.set(durationMs, () => registry.refresh(agent))
    },
    agentCount: () => [...registry.agents].filter(({ record }) => record.status === 'online').length,
  }
}
