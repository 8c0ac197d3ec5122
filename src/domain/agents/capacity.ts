import type { ResourceAmounts } from '../model/task-record.ts'
import { SLOTS } from '../resources/admission/fair-shares.ts'
import type { AgentState } from './agent-state.ts'

/** What all agents that are not offline have together, their slots under {@link SLOTS}. */
export function capacityOf(agents: Iterable<AgentState>): ResourceAmounts {
  const total = new Map<string, number>()
  const add = (name: string, amount: number): void => {
    total.set(name, (total.get(name) ?? 0) + amount)
  }
  for (const { record } of agents) {
    if (record.status === 'offline') continue
    add(SLOTS, record.spec.slots)
    for (const [name, amount] of Object.entries(record.spec.resources)) add(name, amount)
  }
  return Object.fromEntries(total)
}
