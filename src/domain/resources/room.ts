import type { AgentId } from '../model/ids.ts'
import type { ResourceAmounts } from '../model/task-record.ts'
import type { Candidate } from './candidate.ts'

interface Planned {
  tasks: number
  readonly resources: Map<string, number>
}

/** What agents have left while a plan is made: a local increment for every pick, so that one stale view does not herd. */
export class Room {
  readonly #planned = new Map<AgentId, Planned>()

  /** Tasks the agent holds, those planned so far included. */
  load({ agentId, activeTasks }: Candidate): number {
    return activeTasks + (this.#planned.get(agentId)?.tasks ?? 0)
  }

  fits(candidate: Candidate, wanted: ResourceAmounts): boolean {
    const planned = this.#planned.get(candidate.agentId)
    if (planned === undefined) return candidate.freeSlots > 0 && coveredBy(candidate.freeResources, wanted)
    if (planned.tasks >= candidate.freeSlots) return false
    for (const name in wanted) {
      const left = amountOf(candidate.freeResources, name) - (planned.resources.get(name) ?? 0)
      if ((wanted[name] ?? 0) > left) return false
    }
    return true
  }

  take({ agentId }: Pick<Candidate, 'agentId'>, wanted: ResourceAmounts): void {
    const planned = this.#planned.get(agentId) ?? { tasks: 0, resources: new Map<string, number>() }
    planned.tasks += 1
    for (const name in wanted)
      planned.resources.set(name, (planned.resources.get(name) ?? 0) + (wanted[name] ?? 0))
    this.#planned.set(agentId, planned)
  }
}

export function coveredBy(available: ResourceAmounts, wanted: ResourceAmounts): boolean {
  for (const name in wanted) if ((wanted[name] ?? 0) > amountOf(available, name)) return false
  return true
}

/** A resource may be called `constructor`, which every object has. */
function amountOf(amounts: ResourceAmounts, name: string): number {
  return Object.hasOwn(amounts, name) ? (amounts[name] ?? 0) : 0
}
