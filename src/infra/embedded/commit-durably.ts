import { readBatchNumber } from './batch-number.ts'
import type { LmdbTables } from './lmdb-tables.ts'

/**
 * Commits one change outside the group commit, and resolves once it is on the disk.
 *
 * @throws what LMDB says, or an Error where it says nothing although its environment has failed
 */
export async function commitDurably(tables: LmdbTables, change: () => unknown): Promise<void> {
  const { root } = tables
  await Promise.all([root.childTransaction(change), root.flushed])
  refuseFailedEnvironment(tables)
}

/**
 * LMDB reports a failed write of its flushed-transaction meta page to nobody: it resolves as if all were well. From
 * then on it refuses every new snapshot, and that is how it is noticed.
 *
 * @throws Error where the environment has failed
 */
export function refuseFailedEnvironment(tables: Pick<LmdbTables, 'root' | 'meta'>): void {
  tables.root.resetReadTxn()
  takeSnapshot(tables)
}

/**
 * The snapshot that everything is read on until the next pause.
 *
 * @throws Error where LMDB gives none, because its environment has failed; lists would then be empty
 */
export function takeSnapshot(tables: Pick<LmdbTables, 'meta'>): void {
  try {
    readBatchNumber(tables)
  } catch (error) {
    throw new Error('the disk did not take the page that names the newest transaction', { cause: error })
  }
}
