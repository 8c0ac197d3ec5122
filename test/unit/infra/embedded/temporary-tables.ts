import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Logger } from '#domain/ports/logger.ts'
import { FileReserve } from '#infra/embedded/file-reserve.ts'
import { type LmdbTables, openLmdbTables } from '#infra/embedded/lmdb-tables.ts'
import { MemoryLogger } from '#simulation/memory/memory-logger.ts'

export interface TemporaryTables {
  readonly tables: LmdbTables
  readonly reserve: FileReserve
  remove(): Promise<void>
}

export function openTemporaryTables(logger: Logger = new MemoryLogger()): TemporaryTables {
  const directory = mkdtempSync(join(tmpdir(), 'amos-tables-'))
  const path = join(directory, 'swarm.mdb')
  const tables = openLmdbTables(path, logger)
  const reserve = new FileReserve(path)
  return {
    tables,
    reserve,
    remove: async () => {
      reserve.close()
      await tables.root.close()
      rmSync(directory, { recursive: true })
    },
  }
}
