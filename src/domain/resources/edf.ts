/** Work that has to be done by a time. Times and durations are in one unit, for instance milliseconds. */
export interface EdfJob<Id extends string = string> {
  readonly id: Id
  /** How long it takes, 0 or more. */
  readonly duration: number
  /** When it has to be done; `Infinity` for work without a deadline. */
  readonly deadline: number
}

export interface EdfPlacement<Id extends string = string> {
  readonly id: Id
  readonly startsAt: number
  readonly endsAt: number
  readonly isMissed: boolean
}

/** Earliest deadline first, ties by id, so that equal sets give equal orders. */
export function byDeadline(a: EdfJob, b: EdfJob): number {
  if (a.deadline !== b.deadline) return a.deadline < b.deadline ? -1 : 1
  return a.id < b.id ? -1 : Number(a.id > b.id)
}

/**
 * What becomes of waiting jobs under Earliest Deadline First without preemption: each slot takes the job with the
 * earliest deadline as soon as it is free (Liu & Layland, JACM 1973; list scheduling for several slots). On one slot no
 * other order meets all deadlines where this one does not.
 *
 * @param freeAt when each slot is free; one entry a slot
 * @returns in the order in which they start; nothing where there is no slot
 */
export function scheduleEdf<Id extends string>(
  jobs: readonly EdfJob<Id>[],
  freeAt: readonly number[],
): readonly EdfPlacement<Id>[] {
  if (freeAt.length === 0) return []
  const slots = [...freeAt]
  return jobs.toSorted(byDeadline).map(({ id, duration, deadline }) => {
    const slot = earliestOf(slots)
    const startsAt = slots[slot] ?? 0
    const endsAt = startsAt + duration
    slots[slot] = endsAt
    return { id, startsAt, endsAt, isMissed: endsAt > deadline }
  })
}

/**
 * Admission control: whether a new job and all jobs that were admitted before it can meet their deadlines.
 *
 * @returns the jobs that would be late; empty where the new job can be admitted
 */
export function missedIfAdmitted<Id extends string>(
  job: EdfJob<Id>,
  admitted: readonly EdfJob<Id>[],
  freeAt: readonly number[],
): readonly EdfPlacement<Id>[] {
  if (freeAt.length === 0) return [{ id: job.id, startsAt: Infinity, endsAt: Infinity, isMissed: true }]
  return scheduleEdf([...admitted, job], freeAt).filter(({ isMissed }) => isMissed)
}

function earliestOf(slots: readonly number[]): number {
  let earliest = 0
  for (const [index, at] of slots.entries()) if (at < (slots[earliest] ?? 0)) earliest = index
  return earliest
}
