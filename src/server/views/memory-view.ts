import type { NamespaceView } from '#contract/memory-namespace.ts'
import { valueOf } from '#domain/intelligence/memory/memory-content.ts'
import type { NamespaceRecord, NamespaceSettings } from '#domain/intelligence/memory/memory-namespace.ts'
import type { MemoryRecord } from '#domain/intelligence/memory/memory-record.ts'
import type { MemoryEntry, SearchReply } from '#domain/intelligence/memory/memory-service.ts'
import type { JsonText } from '#domain/model/ids.ts'
import { wireTime } from './wire-time.ts'

/** A record without its value, which is spliced in as text. */
function recordText({
  format: _,
  provenance,
  createdAt,
  updatedAt,
  expiresAt,
  ...record
}: MemoryRecord): string {
  return JSON.stringify({
    ...record,
    ...provenance,
    createdAt: wireTime(createdAt),
    updatedAt: wireTime(updatedAt),
    ...(expiresAt === undefined ? {} : { expiresAt: wireTime(expiresAt) }),
  })
}

export function memoryRecordText(record: MemoryRecord): string {
  return recordText(record)
}

/** With the value, and the state of a replicated record. */
export function memoryEntryText(entry: MemoryEntry): string {
  const state = entry.record.type === 'value' ? '' : `,"state":${entry.content}`
  return `${recordText(entry.record).slice(0, -1)},"value":${valueOf(entry)}${state}}`
}

export function memoryListText(
  name: string,
  items: readonly string[],
  rest: Readonly<Record<string, unknown>> = {},
): string {
  const others = Object.entries(rest).flatMap(([field, value]) =>
    value === undefined ? [] : [`,${JSON.stringify(field)}:${JSON.stringify(value)}`],
  )
  return `{${JSON.stringify(name)}:[${items.join(',')}]${others.join('')}}`
}

export function memorySearchText({ hits, isComplete }: SearchReply): string {
  const items = hits.map(({ record, value, ...why }) => {
    const found = value === undefined ? recordText(record) : withValue(record, value)
    return `{"record":${found},${JSON.stringify(why).slice(1)}`
  })
  return memoryListText('hits', items, { isComplete })
}

function withValue(record: MemoryRecord, value: JsonText): string {
  return `${recordText(record).slice(0, -1)},"value":${value}}`
}

export function namespaceView(record: NamespaceRecord, settings: NamespaceSettings): NamespaceView {
  const { name, recordCount, byteCount, dimensions, createdAt } = record
  const { readers, writers, recordsMax, bytesMax, weights } = settings
  return {
    namespace: name,
    readers: [...readers],
    writers: [...writers],
    recordsMax,
    bytesMax,
    weights,
    recordCount,
    byteCount,
    ...(dimensions === undefined ? {} : { dimensions }),
    createdAt: wireTime(createdAt),
  }
}
