import type { Scope } from '../model/ids.ts'
import type { RecordKind } from '../model/record-kind.ts'
import type { StoredRecord } from '../ports/records.ts'
import type { SwarmStore } from '../ports/swarm-store.ts'

const PAGE = 2_000

export interface AllRecordsOptions {
  readonly openOnly?: boolean
  /** Only ids that begin with it. */
  readonly prefix?: string
  /** See `ListRequest`. */
  readonly onDamaged?: (id: string) => void
}

/** Reads every record of a kind in the order of the ids. The next page is under way while one is worked on. */
export async function* allRecords<V>(
  store: SwarmStore,
  scope: Scope,
  kind: RecordKind<V>,
  { openOnly = false, prefix = '', onDamaged = () => undefined }: AllRecordsOptions = {},
): AsyncGenerator<StoredRecord<V>> {
  const read = (after?: string): Promise<readonly StoredRecord<V>[]> => {
    const from = after === undefined ? {} : { after }
    return store.list({ scope, kind, countMax: PAGE, openOnly, prefix, onDamaged, ...from })
  }
  for (let page = await read(); ; ) {
    const next = page.length < PAGE ? undefined : read(page.at(-1)?.key.id)
    next?.catch(() => undefined)
    yield* page
    if (next === undefined) return
    page = await next
  }
}
