declare const brand: unique symbol
type Counter<Name extends string> = number & { readonly [brand]: Name }

/** Numbers the elections of one electorate: each has at most one winner. */
export type Term = Counter<'Term'>
/**
 * Numbers the electorates of one swarm. The hub starts a new one, in its log, only when most voters of the old are
 * gone for good, so that no majority of them is left to agree on their successors.
 */
export type ElectorateEpoch = Counter<'ElectorateEpoch'>

export const term = (raw: number): Term => raw as Term
export const electorateEpoch = (raw: number): ElectorateEpoch => raw as ElectorateEpoch

/**
 * The highest term, and the highest place in a log, that is believed: far beyond what can be reached, and far enough
 * below the whole numbers' end that one can still be counted on from it.
 */
export const COUNTER_MAX = 2 ** 52

/** What fences all that a leader does: whoever acts under a newer one has overtaken it. */
export interface Leadership {
  readonly epoch: ElectorateEpoch
  readonly term: Term
}

/** Negative where `a` is older than `b`, positive where it is newer, 0 where they are one. */
export function compareLeadership(a: Leadership, b: Leadership): number {
  return a.epoch - b.epoch || a.term - b.term
}
