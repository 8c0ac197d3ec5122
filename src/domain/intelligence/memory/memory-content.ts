import { type JsonText, jsonText } from '../../model/ids.ts'
import { type CrdtState, crdtValueText } from './crdt/crdt.ts'
import type { MemoryEntry } from './memory-service.ts'

/** The value of a record as readers see it, for a replicated one out of its state. */
export function valueOf({ record, content }: MemoryEntry): JsonText {
  return record.type === 'value' ? content : jsonText(crdtValueText(JSON.parse(content) as CrdtState))
}
