import { randomUUID } from 'node:crypto'
import { StoreRefusedError } from '../store-refused-error.ts'
import { commitDurably } from './commit-durably.ts'
import type { LmdbTables } from './lmdb-tables.ts'
import { decodeText, isWholeText, metaName, ScratchEncoder } from './record-codec.ts'
import { upgradeFromFormat1 } from './store-upgrade.ts'

/** What the database says of itself. */
export interface StoreEntry {
  /** Never given twice: tells this store from one that was put in its place. */
  readonly storeId: string
  readonly format: number
}

/** 1 had no checksums and no such entry; 2 has both. */
export const STORE_FORMAT = 2

const KEY: ['store'] = ['store']

/**
 * Reads what the database says of itself: a new one gets its entry here, one of the format before is upgraded.
 *
 * @throws StoreRefusedError for any other format
 */
export async function ensureStoreEntry(tables: LmdbTables): Promise<StoreEntry> {
  const present = readStoreEntry(tables)
  if (present !== undefined) {
    if (present.format === STORE_FORMAT) return present
    throw new StoreRefusedError(
      `the store has format ${present.format}, and this version of AMOS Swarm reads format ${STORE_FORMAT}`,
    )
  }
  const isNew = tables.meta.get(['lifetime']) === undefined
  if (!isNew) await upgradeFromFormat1(tables)
  const entry: StoreEntry = { storeId: randomUUID(), format: STORE_FORMAT }
  const bytes = new ScratchEncoder().encodeText(metaName(KEY), JSON.stringify(entry))
  await commitDurably(tables, () => tables.meta.putSync(KEY, bytes))
  return entry
}

/** @throws StoreRefusedError where the entry is damaged */
export function readStoreEntry({ meta }: Pick<LmdbTables, 'meta'>): StoreEntry | undefined {
  const bytes = meta.get(KEY)
  if (bytes === undefined) return undefined
  if (isWholeText(metaName(KEY), bytes)) return decodeText(bytes) as StoreEntry
  throw new StoreRefusedError('the entry that names the store is damaged')
}
