import { statSync } from 'node:fs'
import type { Scope } from '#domain/model/ids.ts'
import type { Logger } from '#domain/ports/logger.ts'
import { DataDirectoryError } from '../store-refused-error.ts'
import { DirectoryLock } from '../system/directory-lock.ts'
import { reasonOfFailure } from '../system/failure-reason.ts'
import { idText, type LmdbTables, openLmdbTables } from './lmdb-tables.ts'
import { readEventPage } from './log-reads.ts'
import { databasePath, inspectStore } from './open-store.ts'
import { isWholeMark, isWholeRecord, isWholeText, metaName, openName, recordName } from './record-codec.ts'
import { readStoreEntry, STORE_FORMAT } from './store-format.ts'

export interface DamagedEntry {
  readonly scope: string
  /** The kind of a record; `event`, `open` for the index of open records, or `meta`. */
  readonly kind: string
  readonly id: string
}

export interface StoreReport {
  readonly storeId: string | undefined
  readonly format: number
  /** Entries that were read, by table; left out where the content was not read. */
  readonly entries?: Readonly<Record<'records' | 'open' | 'events' | 'meta', number>>
  readonly damaged: readonly DamagedEntry[]
}

const EVENTS_PER_PAGE = 1_000

/**
 * Looks through the store of a stopped server and changes nothing in it: the files and every page; with `isContentRead`
 * also every value and its checksum.
 *
 * @throws StoreDamagedError for what keeps a server from starting; `DataDirectoryError` where there is no store
 */
export async function examineStore(
  { dataDir, isContentRead }: { readonly dataDir: string; readonly isContentRead: boolean },
  { logger }: { readonly logger: Logger },
): Promise<StoreReport> {
  refuseMissing(dataDir)
  const lock = DirectoryLock.acquire({
    directory: dataDir,
    fileName: 'node.lock',
    directoryName: 'data directory',
    holderName: 'server',
  })
  try {
    inspectStore(dataDir)
    if (statSync(databasePath(dataDir), { throwIfNoEntry: false }) === undefined)
      throw new DataDirectoryError(`there is no store in ${dataDir}`)
    const tables = openLmdbTables(databasePath(dataDir), logger)
    try {
      const entry = readStoreEntry(tables)
      // The format before has no checksums: the next start gives it some.
      const { storeId, format } = entry ?? { storeId: undefined, format: STORE_FORMAT - 1 }
      return {
        storeId,
        format,
        ...(isContentRead && entry !== undefined ? readAll(tables) : { damaged: [] }),
      }
    } finally {
      await tables.root.close()
    }
  } finally {
    lock.release()
  }
}

function refuseMissing(dataDir: string): void {
  try {
    if (statSync(dataDir).isDirectory()) return
  } catch (error) {
    throw new DataDirectoryError(`the data directory ${dataDir} cannot be read: ${reasonOfFailure(error)}`, {
      cause: error,
    })
  }
  throw new DataDirectoryError(`the data directory ${dataDir} is no directory`)
}

function readAll(tables: LmdbTables): Pick<Required<StoreReport>, 'entries' | 'damaged'> {
  const damaged: DamagedEntry[] = []
  const entries = { records: 0, open: 0, events: 0, meta: 0 }
  for (const { key, value } of tables.records.getRange({})) {
    const [scope, kind, id] = key
    entries.records += 1
    if (!isWholeRecord(recordName(key), value)) damaged.push({ scope, kind, id: idText(id) })
  }
  for (const { key, value } of tables.open.getRange({})) {
    const [scope, , id] = key
    entries.open += 1
    if (!isWholeMark(openName(key), value)) damaged.push({ scope, kind: 'open', id: idText(id) })
  }
  const scopes: Scope[] = []
  for (const { key, value } of tables.meta.getRange({})) {
    // An array of one comes back as what is in it.
    const parts = [key].flat()
    entries.meta += 1
    if (parts[0] === 'batch' || parts[0] === 'probe') continue
    if (!isWholeText(metaName(parts), value)) damaged.push({ scope: '', kind: 'meta', id: parts.join('/') })
    else if (parts[0] === 'scope') scopes.push(parts[1] as Scope)
  }
  for (const scope of scopes) entries.events += readLog(tables, scope, damaged)
  return { entries, damaged }
}

/** @returns how many events can be read */
function readLog(tables: LmdbTables, scope: Scope, found: DamagedEntry[]): number {
  let count = 0
  for (let after = 0; ; ) {
    const { events, damaged = [] } = readEventPage(tables, scope, after, EVENTS_PER_PAGE)
    count += events.length
    for (const { fromSequence, toSequence } of damaged) {
      const id = fromSequence === toSequence ? String(fromSequence) : `${fromSequence}-${toSequence}`
      found.push({ scope, kind: 'event', id })
    }
    const next = Math.max(events.at(-1)?.sequence ?? 0, damaged.at(-1)?.toSequence ?? 0)
    if (next <= after) return count
    after = next
  }
}
