import type { Database } from 'lmdb'
import { commitDurably } from './commit-durably.ts'
import type { LmdbTables } from './lmdb-tables.ts'
import {
  eventName,
  isWholeMark,
  isWholeRecord,
  isWholeText,
  metaName,
  openName,
  recordName,
  ScratchEncoder,
} from './record-codec.ts'

/** Values rewritten in one transaction. */
const CHUNK = 2_000
/** Of a record in format 1: flags in byte 0, byte 1 unused, the version in bytes 2 to 7, then the text. */
const OLD_HEADER_BYTES = 8
const OBJECT_START = 0x7b

/**
 * Rewrites a store of format 1 with checksums. May be cut short and repeated: what is rewritten already matches its
 * checksum. A value that fits neither format stays as it is and is found damaged when it is read.
 */
export async function upgradeFromFormat1(tables: LmdbTables): Promise<void> {
  const encoder = new ScratchEncoder()
  await rewrite(tables, tables.records, (key, bytes) => {
    const name = recordName(key)
    if (isWholeRecord(name, bytes) || bytes.length < OLD_HEADER_BYTES || bytes[1] !== 0) return undefined
    const header = { version: bytes.readUIntBE(2, 6), isOpen: bytes[0] === 1 }
    return encoder.encodeRecord(name, header, bytes.toString('utf8', OLD_HEADER_BYTES))
  })
  await rewrite(tables, tables.open, (key, bytes) => {
    const name = openName(key)
    return isWholeMark(name, bytes) || bytes.length !== 1 ? undefined : encoder.encodeMark(name)
  })
  await rewrite(tables, tables.events, ([scope, sequence], bytes) =>
    oldText(eventName(scope, sequence), bytes),
  )
  // An array of one comes back as what is in it.
  await rewrite(tables, tables.meta, (key, bytes) => oldText(metaName([key].flat()), bytes))

  function oldText(name: string, bytes: Buffer): Buffer | undefined {
    if (isWholeText(name, bytes) || bytes[0] !== OBJECT_START) return undefined
    return encoder.encodeText(name, bytes.toString('utf8'))
  }
}

async function rewrite<Key extends (string | number)[]>(
  tables: LmdbTables,
  table: Database<Buffer, Key>,
  rewritten: (key: Key, bytes: Buffer) => Buffer | undefined,
): Promise<void> {
  let after: Key | undefined
  for (;;) {
    const from = after === undefined ? {} : { start: after, exclusiveStart: true }
    const keys = [...table.getKeys({ ...from, limit: CHUNK })]
    await commitDurably(tables, () => {
      for (const key of keys) {
        const bytes = table.get(key)
        const fresh = bytes === undefined ? undefined : rewritten(key, bytes)
        if (fresh !== undefined) table.putSync(key, fresh)
      }
    })
    after = keys.at(-1)
    if (keys.length < CHUNK) return
  }
}
