import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Logger } from '#domain/ports/logger.ts'
import { type LmdbTables, openLmdbTables } from '#infra/embedded/lmdb-tables.ts'
import { MemoryLogger } from '../../../helpers/memory-logger.ts'

export interface TemporaryTables {
  readonly tables: LmdbTables
  remove(): Promise<void>
}

export function openTemporaryTables(logger: Logger = new MemoryLogger()): TemporaryTables {
  const directory = mkdtempSync(join(tmpdir(), 'amos-tables-'))
  const tables = openLmdbTables(join(directory, 'swarm.mdb'), logger)
  return {
    tables,
    remove: async () => {
      await tables.root.close()
      rmSync(directory, { recursive: true })
    },
  }
}
