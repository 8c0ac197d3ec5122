import { compareStamps, compareText, type HybridStamp } from './hybrid-clock.ts'

/** JSON text and the time it was written; no value where `stamp` is undefined. */
export interface LwwState {
  readonly value: string
  readonly stamp: HybridStamp
}

/**
 * Last-writer-wins register: the value with the greatest stamp stands. The stamp comes from a hybrid logical clock, so
 * that a write made after another was seen wins over it, whatever the wall clocks say.
 *
 * Shapiro, Preguiça, Baquero, Zawirski, "A comprehensive study of Convergent and Commutative Replicated Data Types"
 * (2011), specification 8. A join: commutative, associative, idempotent. Two values under one stamp can only come from a
 * replica that has lost its state; the greater text then stands everywhere.
 */
export function mergeLww(a: LwwState | undefined, b: LwwState | undefined): LwwState | undefined {
  if (a === undefined || b === undefined) return a ?? b
  const order = compareStamps(a.stamp, b.stamp) || compareText(a.value, b.value)
  return order < 0 ? b : a
}
