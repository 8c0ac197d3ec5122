import { assertNever } from '../../model/errors.ts'
import type { EpochMs } from '../../model/ids.ts'
import { incrementDelta } from './crdt/counter.ts'
import type { CrdtState } from './crdt/crdt.ts'
import { HYBRID_CLOCK_START, tickClock } from './crdt/hybrid-clock.ts'
import { addDelta, EMPTY_OR_SET, mergeOrSets, type OrSetState, removeDelta } from './crdt/or-set.ts'
import type { MemoryOperation } from './memory-service.ts'

/** What an operation adds to the state that is known, on behalf of a writer that is no replica itself. */
export function operationDelta(
  operation: MemoryOperation,
  known: CrdtState | undefined,
  { now, replica }: { readonly now: EpochMs; readonly replica: string },
): CrdtState {
  switch (operation.type) {
    case 'counter':
      return { type: 'counter', ...incrementDelta(operation) }
    case 'lww': {
      const seen =
        known?.type === 'lww' ? { wallMs: known.stamp[0], logical: known.stamp[1] } : HYBRID_CLOCK_START
      const stamp = operation.stamp ?? tickClock(seen, now, replica)[1]
      return { type: 'lww', value: operation.value, stamp }
    }
    case 'or_set':
      return {
        type: 'or_set',
        ...setDelta(known?.type === 'or_set' ? known : EMPTY_OR_SET, operation, replica),
      }
    default:
      return assertNever(operation)
  }
}

function setDelta(
  known: OrSetState,
  { add = [], remove = [] }: { readonly add?: readonly string[]; readonly remove?: readonly string[] },
  replica: string,
): OrSetState {
  let [state, delta] = [known, EMPTY_OR_SET]
  const apply = (next: OrSetState): void => {
    state = mergeOrSets(state, next)
    delta = mergeOrSets(delta, next)
  }
  for (const element of remove) apply(removeDelta(state, element))
  for (const element of add) apply(addDelta(state, element, replica))
  return delta
}
