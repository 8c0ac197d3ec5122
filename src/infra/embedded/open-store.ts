import { rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Logger } from '#domain/ports/logger.ts'
import { StoreDamagedError } from '../store-refused-error.ts'
import { shortenWriteMessage } from './lmdb-message-patch.ts'
import { type LmdbTables, openLmdbTables } from './lmdb-tables.ts'
import { checkStore, type StoreCheck } from './store-check.ts'
import { ensureStoreEntry } from './store-format.ts'
import { readStoreMarker, writeStoreMarker } from './store-marker.ts'

const DATABASE_FILE = 'swarm.mdb'

export interface OpenStoreOptions extends InspectStoreOptions {
  readonly dataDir: string
}

export interface OpenedStore {
  readonly tables: LmdbTables
  /** Of the database file. */
  readonly path: string
}

export function databasePath(dataDir: string): string {
  return join(dataDir, DATABASE_FILE)
}

/**
 * Opens the database of a directory that belongs to this process alone, or makes a new one in an empty directory.
 *
 * @throws StoreDamagedError where there was a store and it is not whole; `StoreRefusedError` for an unknown format
 */
export async function openStore(
  { dataDir, checkedBytesMax }: OpenStoreOptions,
  logger: Logger,
): Promise<OpenedStore> {
  const path = databasePath(dataDir)
  const marker = readStoreMarker(dataDir)
  const check = inspectStore(dataDir, { checkedBytesMax })
  if (check?.isComplete === false)
    logger.warn({ ...check, checkedBytesMax }, 'store is too large to be checked at the start')
  if (!shortenWriteMessage()) logger.debug({}, 'the write message of LMDB stays too long')
  // Nobody else has the database: what a process before left in LMDB's own lock file says nothing.
  rmSync(`${path}-lock`, { force: true })
  const tables = openLmdbTables(path, logger)
  try {
    const entry = await ensureStoreEntry(tables)
    if (typeof marker === 'object' && marker.storeId !== entry.storeId)
      throw damagedIn(dataDir, `the store ${marker.storeId} was replaced by another, ${entry.storeId}`)
    if (typeof marker !== 'object' || marker.format !== entry.format) writeStoreMarker(dataDir, entry)
    return { tables, path }
  } catch (error) {
    await tables.root.close()
    throw error
  }
}

export interface InspectStoreOptions {
  /** Of a larger database only the size and the meta pages are checked; no limit where it is left out. */
  readonly checkedBytesMax?: number | undefined
}

/**
 * Whether the files are what a store leaves, without opening it.
 *
 * @returns undefined where there is no store yet
 * @throws StoreDamagedError
 */
export function inspectStore(
  dataDir: string,
  { checkedBytesMax }: InspectStoreOptions = {},
): StoreCheck | undefined {
  const size = sizeOf(databasePath(dataDir))
  if (size !== undefined && size > 0) {
    try {
      return checkStore(databasePath(dataDir), checkedBytesMax)
    } catch (error) {
      if (!(error instanceof StoreDamagedError)) throw error
      throw damagedIn(dataDir, error.message)
    }
  }
  if (readStoreMarker(dataDir) === undefined) return undefined
  const what = size === undefined ? 'is missing' : 'is empty'
  throw damagedIn(dataDir, `${DATABASE_FILE} ${what}, although store.json says that there was a store`)
}

function damagedIn(dataDir: string, what: string): StoreDamagedError {
  return new StoreDamagedError(
    `the store in ${dataDir} is damaged: ${what}; restore the directory from a backup, or choose another one`,
  )
}

function sizeOf(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.size
}
