import type {
  CrdtState,
  MemoryBatchPut,
  MemoryPut,
  MemoryRecord,
  MemoryRef,
  MemorySearchReply,
  MemorySearchRequest,
  Namespace,
  NamespaceDeclare,
} from '#contract/index.ts'
import { OPAQUE_IN, type ValueText } from '../json/exact-texts.ts'
import { CounterWriter } from './counter-writer.ts'
import type { EventSubscription, SubscriptionOptions } from './event-subscription.ts'
import type { HttpRequest } from './http-connection.ts'
import { MemoryReplica, type ReplicaOptions } from './memory-replica.ts'
import type { CallOptions, PageOptions } from './swarm-client-options.ts'

export interface MemoryClientModules {
  /** A call under the swarm's own path. */
  call<T>(request: HttpRequest): Promise<T>
  events(options: SubscriptionOptions): EventSubscription
}

/** A record as it is read, with the exact JSON of its value beside it. */
export type MemoryRecordRead = MemoryRecord & ValueText

export interface PutMemoryOptions extends Omit<MemoryPut, 'value'> {
  /** Write only if this version stands; 0: only if none does. Otherwise `version_conflict`. */
  readonly ifVersion?: number
}

export interface ListMemoryOptions extends PageOptions {
  /** What the keys begin with. */
  readonly prefix?: string
  readonly tag?: string
  /** Answer with the values. Default false. */
  readonly includeValues?: boolean
}

export interface MemoryPageRead {
  readonly records: readonly MemoryRecordRead[]
  readonly nextPageToken?: string
}

export interface WatchMemoryOptions extends Pick<SubscriptionOptions, 'since' | 'signal'> {
  /** One record; all records of the swarm where left out. A restricted namespace is watched as a whole, by its name. */
  readonly namespace?: string
  readonly key?: string
}

/**
 * What a swarm remembers together: {@link SwarmClient.memory}, and {@link SwarmAgent.memory} under the agent's own token.
 */
export class MemoryClient {
  readonly #modules: MemoryClientModules
  readonly #counters: CounterWriter

  constructor(modules: MemoryClientModules) {
    this.#modules = modules
    this.#counters = new CounterWriter((namespace, records) => this.merge(namespace, records))
  }

  /** The record with its value. @throws SwarmApiError `memory_not_found` */
  get(namespace: string, key: string, { signal }: CallOptions = {}): Promise<MemoryRecordRead> {
    return this.#modules.call({
      method: 'GET',
      path: recordPath(namespace, key),
      opaque: OPAQUE_IN.getMemory,
      signal,
    })
  }

  /** Those of the records that exist, in the order of the keys. Up to 500. */
  async getMany(namespace: string, keys: readonly string[]): Promise<readonly MemoryRecordRead[]> {
    const { records } = await this.#post<MemoryPageRead>(`${namespacePath(namespace)}/read`, { keys })
    return records
  }

  /** The records that a task names in its `memoryRefs`, as far as they exist. */
  async getRefs(refs: readonly MemoryRef[] = []): Promise<readonly MemoryRecordRead[]> {
    const namespaces = [...new Set(refs.map(({ namespace }) => namespace))]
    const found = await Promise.all(
      namespaces.map((name) => {
        const keys = refs.filter(({ namespace }) => namespace === name).map(({ key }) => key)
        return this.getMany(name, [...new Set(keys)])
      }),
    )
    return found.flat()
  }

  /** Writes a record in the place of what stands under the key. Every search that begins after it is answered finds it. */
  put(
    namespace: string,
    key: string,
    value: unknown,
    { ifVersion, ...rest }: PutMemoryOptions = {},
  ): Promise<MemoryRecordRead> {
    return this.#modules.call({
      method: 'PUT',
      path: recordPath(namespace, key),
      body: { value, ...rest },
      headers: conditionOf(ifVersion),
      opaque: OPAQUE_IN.putMemory,
      // A conditional write that was applied would be refused when it is repeated.
      isRepeatable: ifVersion === undefined,
    })
  }

  /** Writes up to 500 records, all of them or none. */
  async putMany(
    namespace: string,
    records: readonly MemoryBatchPut['records'][number][],
  ): Promise<readonly MemoryRecord[]> {
    const isRepeatable = records.every(({ ifVersion }) => ifVersion === undefined)
    const path = `${namespacePath(namespace)}/batch`
    const answer = await this.#modules.call<{ records: readonly MemoryRecord[] }>({
      method: 'POST',
      path,
      body: { records },
      isRepeatable,
    })
    return answer.records
  }

  /** Deletes the record with its history; no error where there is none. */
  delete(namespace: string, key: string, { ifVersion }: { readonly ifVersion?: number } = {}): Promise<void> {
    const headers = conditionOf(ifVersion)
    return this.#modules.call({
      method: 'DELETE',
      path: recordPath(namespace, key),
      headers,
      isRepeatable: ifVersion === undefined,
    })
  }

  /** Records in the order of their keys; without values unless these are asked for. */
  list(namespace: string, { signal, ...query }: ListMemoryOptions = {}): Promise<MemoryPageRead> {
    return this.#modules.call({
      method: 'GET',
      path: namespacePath(namespace),
      query,
      opaque: OPAQUE_IN.listMemory,
      signal,
    })
  }

  /** The present version and the earlier ones that are kept, newest first. */
  async history(namespace: string, key: string): Promise<readonly MemoryRecordRead[]> {
    const path = `${recordPath(namespace, key)}/history`
    const { versions } = await this.#modules.call<{ versions: readonly MemoryRecordRead[] }>({
      method: 'GET',
      path,
      opaque: OPAQUE_IN.getMemoryHistory,
    })
    return versions
  }

  /** By words, by a vector, or by both. */
  search(request: MemorySearchRequest, { signal }: CallOptions = {}): Promise<MemorySearchReply> {
    return this.#modules.call({
      method: 'POST',
      path: '/memory/search',
      body: request,
      isRepeatable: true,
      opaque: OPAQUE_IN.searchMemory,
      signal,
    })
  }

  /** Merges states of replicated records, or parts of them. @returns the records after it, with their states */
  async merge(
    namespace: string,
    records: readonly { readonly key: string; readonly state: CrdtState; readonly tags?: string[] }[],
  ): Promise<readonly MemoryRecordRead[]> {
    const answer = await this.#post<MemoryPageRead>(`${namespacePath(namespace)}/merge`, { records })
    return answer.records
  }

  /** Adds to a counter, once however often the call is repeated. @returns the counter's value @param amount a whole number */
  increment(namespace: string, key: string, amount = 1): Promise<number> {
    return this.#counters.increment(namespace, key, amount)
  }

  /** Changes a set: removes what is seen of `remove`, then adds. @returns the elements */
  async changeSet(
    namespace: string,
    key: string,
    change: { readonly add?: readonly string[]; readonly remove?: readonly string[] },
  ): Promise<readonly string[]> {
    const { value } = await this.#operate(namespace, key, { type: 'or_set', ...change })
    return value as readonly string[]
  }

  /** Writes a register: the last writer wins, by the server's clock. */
  setRegister(namespace: string, key: string, value: unknown): Promise<MemoryRecordRead> {
    return this.#operate(namespace, key, { type: 'lww', value })
  }

  /** A copy of the replicated records of a namespace that is changed offline, and merged by `sync`. */
  replica(namespace: string, options: ReplicaOptions = {}): MemoryReplica {
    return new MemoryReplica(namespace, options, this)
  }

  /** The namespaces that the caller may read. */
  async namespaces(): Promise<readonly Namespace[]> {
    const { namespaces } = await this.#modules.call<{ namespaces: readonly Namespace[] }>({
      method: 'GET',
      path: '/memory',
    })
    return namespaces
  }

  /** Says who reads and writes a namespace, how much it holds and what counts in a search. Needs the role operator. */
  declare(namespace: string, settings: NamespaceDeclare): Promise<Namespace> {
    return this.#modules.call({
      method: 'PUT',
      path: namespacePath(namespace),
      body: settings,
      isRepeatable: true,
    })
  }

  /** Changes as they happen: events of the types `amos.memory.*`. */
  watch({ namespace, key, ...rest }: WatchMemoryOptions = {}): EventSubscription {
    const subject = key === undefined || namespace === undefined ? namespace : `${namespace}/${key}`
    return this.#modules.events({
      ...rest,
      types: ['amos.memory.*'],
      ...(subject === undefined ? {} : { subject }),
    })
  }

  #operate(namespace: string, key: string, body: object): Promise<MemoryRecordRead> {
    return this.#modules.call({
      method: 'POST',
      path: `${recordPath(namespace, key)}/operations`,
      body,
      opaque: OPAQUE_IN.operateMemory,
      isRepeatable: true,
    })
  }

  #post<T>(path: string, body: unknown): Promise<T> {
    return this.#modules.call({
      method: 'POST',
      path,
      body,
      isRepeatable: true,
      opaque: OPAQUE_IN.readMemoryBatch,
    })
  }
}

function conditionOf(ifVersion: number | undefined): Record<string, string> {
  if (ifVersion === undefined) return {}
  return ifVersion === 0 ? { 'if-none-match': '*' } : { 'if-match': `"v${ifVersion}"` }
}

function namespacePath(namespace: string): string {
  return `/memory/${encodeURIComponent(namespace)}`
}

/** @throws RangeError for keys that no address can hold */
function recordPath(namespace: string, key: string): string {
  if (key === '' || key === '.' || key === '..') throw new RangeError(`not a key of the memory: ${key}`)
  return `${namespacePath(namespace)}/${encodeURIComponent(key)}`
}
