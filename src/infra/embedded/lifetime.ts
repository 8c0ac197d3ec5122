import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { Durability } from '#domain/ports/swarm-store.ts'
import { commitDurably } from './commit-durably.ts'
import type { LmdbTables } from './lmdb-tables.ts'
import { decodeText, isWholeText, metaName, ScratchEncoder } from './record-codec.ts'
import type { ScopeState } from './scope-ledger.ts'

/** What one run of the store leaves for the next to find. */
interface Lifetime {
  /** How often the newest commits may have been lost so far. */
  readonly lossCount: number
  /** Of the machine. */
  readonly bootId: string
  readonly durability: Durability
  readonly isClosed: boolean
}

const KEY: ['lifetime'] = ['lifetime']
const BOOT_ID_FILE = '/proc/sys/kernel/random/boot_id'

/**
 * Notes that a run begins, on the disk before it resolves.
 *
 * With `committed` a machine that goes down takes the newest commits along, and nothing in the database tells. But
 * another boot id and no orderly close before it do, and then the count goes up.
 *
 * @returns the loss count of this run
 */
export async function beginLifetime(
  tables: LmdbTables,
  durability: Durability,
  bootId: string = readBootId(),
): Promise<number> {
  const before = readLifetime(tables)
  if (before === 'damaged') {
    const lossCount = highestLossCount(tables) + 1
    await writeLifetime(tables, { lossCount, bootId, durability, isClosed: false })
    return lossCount
  }
  const mayHaveLost =
    before !== undefined && !before.isClosed && before.durability === 'committed' && before.bootId !== bootId
  const lossCount = (before?.lossCount ?? 0) + (mayHaveLost ? 1 : 0)
  await writeLifetime(tables, { lossCount, bootId, durability, isClosed: false })
  return lossCount
}

/** Notes that the run ended in good order, with everything on the disk. */
export async function endLifetime(tables: LmdbTables): Promise<void> {
  const current = readLifetime(tables)
  if (current !== undefined && current !== 'damaged')
    await writeLifetime(tables, { ...current, isClosed: true })
}

function readBootId(): string {
  try {
    return readFileSync(BOOT_ID_FILE, 'utf8').trim()
  } catch {
    // No Linux: then every run without a close before it counts as one after a power failure.
    return randomUUID()
  }
}

function readLifetime({ meta, damage }: LmdbTables): Lifetime | 'damaged' | undefined {
  const bytes = meta.get(KEY)
  if (bytes === undefined) return undefined
  if (isWholeText(metaName(KEY), bytes)) return decodeText(bytes) as Lifetime
  damage.found('', 'lifetime', 'lifetime')
  return 'damaged'
}

/** Of all claims: where nobody knows how often something was lost, it counts as lost once more. */
function highestLossCount({ meta }: LmdbTables): number {
  let highest = 0
  for (const { key, value } of meta.getRange({})) {
    const parts = [key].flat()
    if (parts[0] !== 'scope' || !isWholeText(metaName(parts), value)) continue
    highest = Math.max(highest, (decodeText(value) as ScopeState).lossCount)
  }
  return highest
}

async function writeLifetime(tables: LmdbTables, lifetime: Lifetime): Promise<void> {
  const bytes = new ScratchEncoder().encodeText(metaName(KEY), JSON.stringify(lifetime))
  await commitDurably(tables, () => tables.meta.putSync(KEY, bytes))
}
