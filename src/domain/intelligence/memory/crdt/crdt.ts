import { assertNever } from '../../../model/errors.ts'
import { type CounterState, counterValue, EMPTY_COUNTER, mergeCounters } from './counter.ts'
import { type LwwState, mergeLww } from './lww-register.ts'
import { EMPTY_OR_SET, mergeOrSets, type OrSetState, orSetElements } from './or-set.ts'

/** The state of a replicated record, or a part of one: merging either is the same. */
export type CrdtState =
  | ({ readonly type: 'lww' } & LwwState)
  | ({ readonly type: 'counter' } & CounterState)
  | ({ readonly type: 'or_set' } & OrSetState)
export type CrdtType = CrdtState['type']

/** What adds nothing to any state; undefined for a register, which has no value before the first write. */
export function emptyCrdt(type: CrdtType): CrdtState | undefined {
  if (type === 'counter') return { type, ...EMPTY_COUNTER }
  return type === 'or_set' ? { type, ...EMPTY_OR_SET } : undefined
}

/** The least state that contains both. Both are of one type; a caller compares the types first. */
export function mergeCrdts<S extends CrdtState>(a: S | undefined, b: S): CrdtState {
  if (a === undefined) return merged(emptyCrdt(b.type) ?? b, b)
  return merged(a, b)
}

/** The text of a state. Equal states have equal texts. */
export function crdtText(state: CrdtState): string {
  switch (state.type) {
    case 'lww':
      return JSON.stringify({ type: state.type, value: state.value, stamp: state.stamp })
    case 'counter':
      return JSON.stringify({ type: state.type, entries: state.entries })
    case 'or_set':
      return JSON.stringify({ type: state.type, elements: state.elements, context: state.context })
    default:
      return assertNever(state)
  }
}

/** What a reader of the record sees, as JSON text: the register's value, the counter's number, the set's elements. */
export function crdtValueText(state: CrdtState): string {
  if (state.type === 'lww') return state.value
  return JSON.stringify(state.type === 'counter' ? counterValue(state) : orSetElements(state))
}

function merged(a: CrdtState, b: CrdtState): CrdtState {
  if (a.type === 'counter' && b.type === 'counter') return { type: 'counter', ...mergeCounters(a, b) }
  if (a.type === 'or_set' && b.type === 'or_set') return { type: 'or_set', ...mergeOrSets(a, b) }
  if (a.type === 'lww' && b.type === 'lww') return { type: 'lww', ...(mergeLww(a, b) ?? b) }
  throw new Error(`invariant broken: a ${a.type} is not merged with a ${b.type}`)
}
