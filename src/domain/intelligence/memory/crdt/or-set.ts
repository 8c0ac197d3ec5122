import {
  type CausalContext,
  contextLookup,
  contextOf,
  type Dot,
  mergeContexts,
  nextDot,
} from './causal-context.ts'
import { compareText } from './hybrid-clock.ts'

/** A present element and the dots of the additions that hold it, in order. */
export type OrSetElement = readonly [element: string, dots: readonly Dot[]]

/** In the order of the elements. */
export interface OrSetState {
  readonly elements: readonly OrSetElement[]
  /** Every addition ever seen. An addition that is in it and holds no element was removed. */
  readonly context: CausalContext
}

export const EMPTY_OR_SET: OrSetState = { elements: [], context: [] }

export function orSetElements({ elements }: OrSetState): readonly string[] {
  return elements.map(([element]) => element)
}

/** The state that adds the element to `state`: a new dot, in the place of the element's older ones. */
export function addDelta(state: OrSetState, element: string, replica: string): OrSetState {
  const dot = nextDot(state.context, replica)
  return { elements: [[element, [dot]]], context: contextOf([...dotsOf(state, element), dot]) }
}

/** The state that removes the additions of the element that `state` has seen, and no others. */
export function removeDelta(state: OrSetState, element: string): OrSetState {
  return { elements: [], context: contextOf(dotsOf(state, element)) }
}

/**
 * Observed-remove set without tombstones: an addition wins over a concurrent removal, since the removal names only the
 * additions it has seen. What was removed leaves no element behind; its dots are part of the context, which is one number
 * a replica once all is delivered.
 *
 * Bieniusa et al., "An optimized conflict-free replicated set" (2012), figure 3, with delta states and a causal context
 * after Almeida, Shoker, Baquero (2018), figure 12 (AWORSet). A join: commutative, associative, idempotent.
 */
export function mergeOrSets(a: OrSetState, b: OrSetState): OrSetState {
  const [isSeenByA, isSeenByB] = [contextLookup(a.context), contextLookup(b.context)]
  const ofB = new Map(b.elements)
  const merged: OrSetElement[] = []
  for (const [element, dots] of a.elements) {
    const others = ofB.get(element) ?? []
    ofB.delete(element)
    keep(merged, element, [
      ...dots.filter((dot) => !isSeenByB(dot) || holds(others, dot)),
      ...others.filter((dot) => !isSeenByA(dot)),
    ])
  }
  for (const [element, dots] of ofB) {
    keep(
      merged,
      element,
      dots.filter((dot) => !isSeenByA(dot)),
    )
  }
  return {
    elements: merged.toSorted((x, y) => compareText(x[0], y[0])),
    context: mergeContexts(a.context, b.context),
  }
}

function keep(elements: OrSetElement[], element: string, dots: readonly Dot[]): void {
  if (dots.length > 0) elements.push([element, dots.toSorted(compareDots)])
}

function dotsOf({ elements }: OrSetState, element: string): readonly Dot[] {
  return elements.find(([name]) => name === element)?.[1] ?? []
}

function holds(dots: readonly Dot[], [replica, n]: Dot): boolean {
  return dots.some(([otherReplica, otherN]) => otherReplica === replica && otherN === n)
}

function compareDots(a: Dot, b: Dot): number {
  return compareText(a[0], b[0]) || a[1] - b[1]
}
