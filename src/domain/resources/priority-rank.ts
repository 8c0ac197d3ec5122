import type { EpochMs } from '../model/ids.ts'

/**
 * A task's place in the queue, smallest first: it gains one level of priority with every `agingMs` of waiting, so
 * that a steady stream of urgent work cannot starve the rest. Because all tasks age at one rate their order never
 * changes while they wait, and the rank is a constant: no queue has to be sorted again.
 *
 * @param priority 1 (most urgent) to 5
 */
export function priorityRank(submittedAt: EpochMs, priority: number, agingMs: number): number {
  return submittedAt + (priority - 1) * agingMs
}
