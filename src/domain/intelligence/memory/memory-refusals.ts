import { SwarmError } from '../../model/errors.ts'
import type { CrdtState } from './crdt/crdt.ts'
import { keyFault, namespaceFault } from './memory-key.ts'
import type { MemoryType } from './memory-record.ts'
import type { Standing } from './memory-step.ts'

/** @throws SwarmError `memory_invalid` */
export function refuseName(namespace: string): void {
  const fault = namespaceFault(namespace)
  if (fault !== undefined) throw new SwarmError('memory_invalid', { reason: fault })
}

/** @throws SwarmError `memory_invalid` */
export function refuseKeys(keys: readonly string[]): void {
  for (const key of keys) {
    const fault = keyFault(key)
    if (fault !== undefined) throw new SwarmError('memory_invalid', { reason: fault })
  }
  if (new Set(keys).size < keys.length)
    throw new SwarmError('memory_invalid', { reason: 'a key stands in the request more than once' })
}

/** The state of a record that has to be of a type. @throws SwarmError `memory_type_conflict` */
export function stateOf(
  standing: Standing | undefined,
  namespace: string,
  key: string,
  type: CrdtState['type'],
): CrdtState | undefined {
  if (standing === undefined) return undefined
  refuseType(standing.record.type, { namespace, key, expected: type })
  return JSON.parse(standing.content) as CrdtState
}

/** @throws SwarmError `memory_type_conflict` */
export function refuseType(
  actual: MemoryType,
  place: { readonly namespace: string; readonly key: string; readonly expected: MemoryType },
): void {
  if (actual !== place.expected) throw new SwarmError('memory_type_conflict', { ...place, actual })
}
