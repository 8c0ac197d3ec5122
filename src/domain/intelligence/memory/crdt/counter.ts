import { compareText } from './hybrid-clock.ts'

/**
 * What one replica has added: `n` increments without a gap, their sum of positive and of negative amounts, and the
 * increments that came before an earlier one did, by number.
 */
export type CounterEntry = readonly [
  replica: string,
  n: number,
  plus: number,
  minus: number,
  early: readonly (readonly [n: number, amount: number])[],
]

/** In the order of the replicas. */
export interface CounterState {
  readonly entries: readonly CounterEntry[]
}

/** One increment. A replica numbers its own from 1 without gaps: the pair of replica and number is the dot. */
export interface Increment {
  readonly replica: string
  readonly n: number
  /** A whole number, negative to count down. */
  readonly amount: number
}

export const EMPTY_COUNTER: CounterState = { entries: [] }

export function counterValue({ entries }: CounterState): number {
  let value = 0
  for (const [, , plus, minus, early] of entries) {
    value += plus - minus
    for (const [, amount] of early) value += amount
  }
  return value
}

/** The number that the replica's next increment has to carry. */
export function nextIncrement({ entries }: CounterState, replica: string): number {
  const entry = entries.find(([name]) => name === replica)
  if (entry === undefined) return 1
  return (entry[4].at(-1)?.[0] ?? entry[1]) + 1
}

/** The state that holds this increment alone; {@link mergeCounters} adds it to another. */
export function incrementDelta({ replica, n, amount }: Increment): CounterState {
  return { entries: [foldEarly([replica, 0, 0, 0, [[n, amount]]])] }
}

/**
 * Increment/decrement counter whose increments carry dots: the state is the set of all increments seen, with each replica's
 * gapless beginning summed up. An increment that comes twice is known by its dot; one that comes early waits beside the
 * sum and counts at once.
 *
 * PN-counter of Shapiro et al. (2011), specification 7, with delta states after Almeida, Shoker, Baquero, "Delta state
 * replicated data types" (2018). A join: commutative, associative, idempotent.
 */
export function mergeCounters(a: CounterState, b: CounterState): CounterState {
  const merged = new Map(a.entries.map((entry) => [entry[0], entry]))
  for (const entry of b.entries) {
    const known = merged.get(entry[0])
    merged.set(entry[0], known === undefined ? entry : mergeEntries(known, entry))
  }
  return { entries: [...merged.values()].toSorted((x, y) => compareText(x[0], y[0])) }
}

function mergeEntries(a: CounterEntry, b: CounterEntry): CounterEntry {
  // The longer gapless beginning contains the shorter one.
  const [replica, n, plus, minus] = a[1] >= b[1] ? a : b
  const early = new Map<number, number>()
  for (const [number, amount] of [...a[4], ...b[4]]) {
    if (number > n) early.set(number, greater(early.get(number), amount))
  }
  return foldEarly([replica, n, plus, minus, [...early].toSorted((x, y) => x[0] - y[0])])
}

/** Two amounts under one dot can only come from a replica that has lost its state: take the same one everywhere. */
function greater(a: number | undefined, b: number): number {
  return a === undefined ? b : Math.max(a, b)
}

/** Sums up the early increments that are early no longer. */
function foldEarly([replica, n, plus, minus, early]: CounterEntry): CounterEntry {
  let [upTo, up, down, taken] = [n, plus, minus, 0]
  for (const [number, amount] of early) {
    if (number !== upTo + 1) break
    upTo = number
    up += Math.max(0, amount)
    down += Math.max(0, -amount)
    taken += 1
  }
  return [replica, upTo, up, down, taken === 0 ? early : early.slice(taken)]
}
