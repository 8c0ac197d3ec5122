/** BullMQ's largest; 1 is the most urgent. 0 would jump every queue. */
const PRIORITY_MAX = 2_097_151
/** The coarseness the ReadyQueue port allows. */
const RANK_STEP = 60_000

/** Where the scale begins for a queue whose first entry has this rank: with half of it, two years, on either side. */
export function rankBaseFor(firstRank: number): number {
  return Math.floor(firstRank / RANK_STEP) * RANK_STEP - Math.floor(PRIORITY_MAX / 2) * RANK_STEP
}

export function priorityOf(rank: number, rankBase: number): number {
  const steps = Math.floor((rank - rankBase) / RANK_STEP)
  return Math.min(Math.max(1 + steps, 1), PRIORITY_MAX)
}
