import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { StoreEntry } from './store-format.ts'

const FILE_NAME = 'store.json'

/** Whether a store was ever made in the directory, and which; `unreadable` where the file is there and makes no sense. */
export type StoreMarker = StoreEntry | 'unreadable' | undefined

/** A file beside the database that says that there is one: an emptied or replaced database must not pass for a new one. */
export function readStoreMarker(dataDir: string): StoreMarker {
  let text: string
  try {
    text = readFileSync(join(dataDir, FILE_NAME), 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
  try {
    const { storeId, format } = JSON.parse(text) as Partial<StoreEntry>
    if (typeof storeId === 'string' && typeof format === 'number') return { storeId, format }
  } catch {
    // Not JSON.
  }
  return 'unreadable'
}

/** On the disk when it returns, whole or not at all. */
export function writeStoreMarker(dataDir: string, { storeId, format }: StoreEntry): void {
  const path = join(dataDir, FILE_NAME)
  const draft = `${path}.new`
  writeFileSync(draft, `${JSON.stringify({ storeId, format })}\n`, { mode: 0o600, flush: true })
  renameSync(draft, path)
  const directory = openSync(dataDir, 'r')
  try {
    fsyncSync(directory)
  } finally {
    closeSync(directory)
  }
}
