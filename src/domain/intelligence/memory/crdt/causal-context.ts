import { compareText } from './hybrid-clock.ts'

/** One event of one replica. A replica numbers its own from 1 without gaps. */
export type Dot = readonly [replica: string, n: number]

/** The dots of one replica: all up to `n`, and single ones above, in order. */
export type ContextEntry = readonly [replica: string, n: number, above: readonly number[]]

/** A set of dots, in the order of the replicas: a version vector, and the dots that do not touch it yet. */
export type CausalContext = readonly ContextEntry[]

/**
 * Tests whether a context holds dots. Almeida, Shoker, Baquero, "Delta state replicated data types" (2018), section 7.2:
 * causal context as version vector and dot cloud.
 */
export function contextLookup(context: CausalContext): (dot: Dot) => boolean {
  const byReplica = new Map(context.map((entry) => [entry[0], entry]))
  return ([replica, n]) => {
    const entry = byReplica.get(replica)
    return entry !== undefined && (n <= entry[1] || entry[2].includes(n))
  }
}

/** The number of the replica's next dot. */
export function nextDot(context: CausalContext, replica: string): Dot {
  const entry = context.find(([name]) => name === replica)
  return [replica, entry === undefined ? 1 : (entry[2].at(-1) ?? entry[1]) + 1]
}

export function contextOf(dots: readonly Dot[]): CausalContext {
  return dots.reduce<CausalContext>((context, dot) => mergeContexts(context, [single(dot)]), [])
}

export function mergeContexts(a: CausalContext, b: CausalContext): CausalContext {
  const merged = new Map(a.map((entry) => [entry[0], entry]))
  for (const entry of b) {
    const known = merged.get(entry[0])
    merged.set(entry[0], known === undefined ? entry : mergeEntries(known, entry))
  }
  return [...merged.values()].toSorted((x, y) => compareText(x[0], y[0]))
}

function single([replica, n]: Dot): ContextEntry {
  return compact([replica, 0, [n]])
}

function mergeEntries(a: ContextEntry, b: ContextEntry): ContextEntry {
  const n = Math.max(a[1], b[1])
  const above = [...new Set([...a[2], ...b[2]])].filter((number) => number > n).toSorted((x, y) => x - y)
  return compact([a[0], n, above])
}

function compact([replica, n, above]: ContextEntry): ContextEntry {
  let [upTo, taken] = [n, 0]
  for (const number of above) {
    if (number !== upTo + 1) break
    upTo = number
    taken += 1
  }
  return [replica, upTo, taken === 0 ? above : above.slice(taken)]
}
