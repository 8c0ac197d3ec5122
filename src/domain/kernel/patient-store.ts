import { isSwarmError } from '../model/errors.ts'
import type { Clock } from '../ports/clock.ts'
import type { StoredRecord } from '../ports/records.ts'
import type { ListRequest, SwarmStore } from '../ports/swarm-store.ts'

export interface PatienceModules {
  readonly clock: Clock
  /** False where nobody needs the answer any more; the failure is then thrown. */
  mayWait(): boolean
}

/** Pause before another try, in milliseconds. */
const PAUSE_MS = 100
/** Records asked for at once; fewer after each failure, as a slow store may need longer for many than it is given. */
const PAGE_MAX = 2_000
const PAGE_MIN = 50

/** Repeats work that a store refused as `store_unavailable`, for as long as somebody waits for it. */
export async function repeatWhileUnavailable<T>(
  work: () => Promise<T>,
  { clock, mayWait }: PatienceModules,
): Promise<T> {
  for (;;) {
    try {
      return await work()
    } catch (error) {
      if (!isSwarmError(error, 'store_unavailable') || !mayWait()) throw error
      await new Promise<void>((resolve) => clock.setTimer(PAUSE_MS, resolve))
    }
  }
}

/** The store, with reads that are repeated while it is out of reach. What was read of a long list is kept meanwhile. */
export function patientReads(store: SwarmStore, modules: PatienceModules): SwarmStore {
  const repeat = <T>(work: () => Promise<T>): Promise<T> => repeatWhileUnavailable(work, modules)
  return {
    transact: (request) => store.transact(request),
    get: (scope, key) => repeat(() => store.get(scope, key)),
    getMany: (scope, keys) => repeat(() => store.getMany(scope, keys)),
    list: (request) => listInPages(store, request, repeat),
    listByTime: (request) => repeat(() => store.listByTime(request)),
    count: (scope, kind) => repeat(() => store.count(scope, kind)),
    readEvents: (scope, after, countMax) => repeat(() => store.readEvents(scope, after, countMax)),
    trimEvents: (scope, sequence) => store.trimEvents(scope, sequence),
    drop: (scope, epoch) => store.drop(scope, epoch),
    status: () => store.status(),
  }
}

async function listInPages<V>(
  store: SwarmStore,
  request: ListRequest<V>,
  repeat: <T>(work: () => Promise<T>) => Promise<T>,
): Promise<readonly StoredRecord<V>[]> {
  const found: StoredRecord<V>[] = []
  let pageMax = PAGE_MAX
  for (;;) {
    const after = found.at(-1)?.key.id ?? request.after
    let tries = 0
    let countMax = 0
    const page = await repeat(() => {
      if (tries > 0) pageMax = Math.max(PAGE_MIN, pageMax >> 1)
      tries += 1
      countMax = Math.min(pageMax, request.countMax - found.length)
      return store.list({ ...request, countMax, ...(after === undefined ? {} : { after }) })
    })
    found.push(...page)
    if (page.length < countMax || found.length >= request.countMax) return found
  }
}
