import { contextLookup } from '#domain/intelligence/memory/crdt/causal-context.ts'
import { type CounterEntry, counterValue } from '#domain/intelligence/memory/crdt/counter.ts'
import { mergeCrdts } from '#domain/intelligence/memory/crdt/crdt.ts'
import type { tickClock } from '#domain/intelligence/memory/crdt/hybrid-clock.ts'

type Merge = typeof mergeCrdts

/** Adds every delivery up, whether its dots were seen before or not. */
export const doublesOnReplay: Merge = (a, b) => {
  if (a?.type !== 'counter' || b.type !== 'counter') return mergeCrdts(a, b)
  const sum = counterValue(a) + counterValue(b)
  const entry: CounterEntry = ['sum', 1, Math.max(0, sum), Math.max(0, -sum), []]
  return { type: 'counter', entries: [entry] }
}

/** A removal takes the element away with all of its additions, those that it has not seen included. */
export const removeWins: Merge = (a, b) => {
  const merged = mergeCrdts(a, b)
  if (a?.type !== 'or_set' || b.type !== 'or_set' || merged.type !== 'or_set' || b.elements.length > 0)
    return merged
  const isRemoved = contextLookup(b.context)
  const removed = new Set(a.elements.filter(([, dots]) => dots.some(isRemoved)).map(([element]) => element))
  return { ...merged, elements: merged.elements.filter(([element]) => !removed.has(element)) }
}

/** Stamps writes with the wall clock, whatever was seen before. */
export const wallClockAlone: typeof tickClock = (state, nowMs, replica) => [state, [nowMs, 0, replica]]
