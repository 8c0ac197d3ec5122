import type { LmdbTables } from './lmdb-tables.ts'

const NUMBER_BYTES = 6

/** The number of the newest batch that LMDB has. Inside a transaction: with what it has put. */
export function readBatchNumber({ meta }: Pick<LmdbTables, 'meta'>): number {
  return meta.get(['batch'])?.readUIntBE(0, NUMBER_BYTES) ?? 0
}

export function putBatchNumber({ meta }: Pick<LmdbTables, 'meta'>, number: number): void {
  const bytes = Buffer.alloc(NUMBER_BYTES)
  bytes.writeUIntBE(number, 0, NUMBER_BYTES)
  meta.putSync(['batch'], bytes)
}
