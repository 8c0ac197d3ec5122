import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type LmdbTables, openLmdbTables } from '#infra/embedded/lmdb-tables.ts'

export interface TemporaryTables {
  readonly tables: LmdbTables
  remove(): Promise<void>
}

export function openTemporaryTables(): TemporaryTables {
  const directory = mkdtempSync(join(tmpdir(), 'amos-tables-'))
  const tables = openLmdbTables(join(directory, 'swarm.mdb'))
  return {
    tables,
    remove: async () => {
      await tables.root.close()
      rmSync(directory, { recursive: true })
    },
  }
}
