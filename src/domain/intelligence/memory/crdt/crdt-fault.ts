import { assertNever } from '../../../model/errors.ts'
import type { CausalContext, Dot } from './causal-context.ts'
import { contextLookup } from './causal-context.ts'
import type { CounterState } from './counter.ts'
import type { CrdtState } from './crdt.ts'
import type { HybridStamp } from './hybrid-clock.ts'
import type { OrSetState } from './or-set.ts'

export interface CrdtLimits {
  /** Replicas that may have written one record. */
  readonly replicasMax: number
  /** Increments or additions that came before an earlier one of their replica did, in one record. */
  readonly earlyMax: number
}

/**
 * Why a state that came from outside cannot be merged, or undefined where it can. A state in another form than the one
 * that the merges write would not converge to equal bytes.
 */
export function crdtFault(state: CrdtState, limits: CrdtLimits): string | undefined {
  switch (state.type) {
    case 'lww':
      return stampFault(state.stamp)
    case 'counter':
      return counterFault(state, limits)
    case 'or_set':
      return orSetFault(state, limits)
    default:
      return assertNever(state)
  }
}

/** A limit of {@link CrdtLimits} that a merged state passes, and by how much. */
export function crdtExcess(
  state: CrdtState,
  { replicasMax, earlyMax }: CrdtLimits,
): { readonly limitName: keyof CrdtLimits; readonly limit: number; readonly actual: number } | undefined {
  if (state.type === 'lww') return undefined
  const replicas = state.type === 'counter' ? state.entries : state.context
  if (replicas.length > replicasMax)
    return { limitName: 'replicasMax', limit: replicasMax, actual: replicas.length }
  const early = replicas.reduce((sum, entry) => sum + (entry.at(-1) as readonly unknown[]).length, 0)
  return early > earlyMax ? { limitName: 'earlyMax', limit: earlyMax, actual: early } : undefined
}

export function stampFault([wallMs, logical, replica]: HybridStamp): string | undefined {
  if (!isCount(wallMs) || !isCount(logical)) return 'the stamp is not made of whole numbers'
  return isReplica(replica) ? undefined : 'the stamp names no replica'
}

function counterFault({ entries }: CounterState, limits: CrdtLimits): string | undefined {
  if (!isAscending(entries.map(([replica]) => replica))) return 'the replicas are not in order'
  for (const [replica, n, plus, minus, early] of entries) {
    if (!isReplica(replica)) return 'an entry names no replica'
    if (![n, plus, minus].every(isCount)) return 'a number of an entry is not a whole number of at least 0'
    if (n === 0 && plus + minus > 0) return 'an entry has amounts without increments'
    if (!isAscending([n + 1, ...early.map(([number]) => number)])) return 'early increments are not in order'
    if (early.some(([number]) => !isCount(number))) return 'the number of an increment is not a whole number'
    if (early.some(([, amount]) => !Number.isSafeInteger(amount))) return 'an amount is not a whole number'
  }
  return excessFault({ type: 'counter', entries }, limits)
}

function orSetFault({ elements, context }: OrSetState, limits: CrdtLimits): string | undefined {
  const fault = contextFault(context)
  if (fault !== undefined) return fault
  if (!isAscending(elements.map(([element]) => element))) return 'the elements are not in order'
  const isSeen = contextLookup(context)
  for (const [, dots] of elements) {
    if (dots.length === 0) return 'an element has no dot'
    if (!isAscending(dots.map(dotOrder))) return 'the dots of an element are not in order'
    if (dots.some((dot) => !isSeen(dot))) return 'a dot is not part of the context'
  }
  return excessFault({ type: 'or_set', elements, context }, limits)
}

function contextFault(context: CausalContext): string | undefined {
  if (!isAscending(context.map(([replica]) => replica))) return 'the replicas are not in order'
  for (const [replica, n, above] of context) {
    if (!isReplica(replica)) return 'the context names no replica'
    if (!isCount(n) || !above.every(isCount)) return 'a number of the context is not a whole number'
    if (!isAscending([n + 1, ...above])) return 'the numbers above the vector are not in order'
  }
  return undefined
}

function excessFault(state: CrdtState, limits: CrdtLimits): string | undefined {
  const excess = crdtExcess(state, limits)
  return excess && `${excess.actual} exceeds ${excess.limitName} (${excess.limit})`
}

/** Orders dots as text does: by replica, then by number. */
function dotOrder([replica, n]: Dot): string {
  return `${replica} ${n.toString().padStart(16, '0')}`
}

function isAscending(values: readonly (string | number)[]): boolean {
  return values.every((value, index) => index === 0 || value > (values[index - 1] as string | number))
}

function isReplica(replica: string): boolean {
  return /^[a-z0-9][a-z0-9-]{0,62}$/.test(replica)
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0
}
