import type { MemoryRecord, CrdtState as WireState } from '#contract/index.ts'
import { incrementDelta, nextIncrement } from '#domain/intelligence/memory/crdt/counter.ts'
import { type CrdtState, crdtText, crdtValueText, mergeCrdts } from '#domain/intelligence/memory/crdt/crdt.ts'
import {
  HYBRID_CLOCK_START,
  type HybridClockState,
  tickClock,
  witnessStamp,
} from '#domain/intelligence/memory/crdt/hybrid-clock.ts'
import { addDelta, EMPTY_OR_SET, removeDelta } from '#domain/intelligence/memory/crdt/or-set.ts'
import { randomKey } from './random-key.ts'

export interface ReplicaOptions {
  /** What {@link MemoryReplica.export} gave, to go on with what was not merged yet. */
  readonly state?: ReplicaState
  /** Milliseconds since the Unix epoch. Default: the machine's clock. */
  readonly now?: () => number
}

/** Plain JSON data. */
export interface ReplicaState {
  readonly namespace: string
  readonly states: Readonly<Record<string, CrdtState>>
  /** Keys with changes that the server has not got. */
  readonly unsent: readonly string[]
}

/** The part of the client that a replica needs. */
export interface ReplicaSource {
  list(
    namespace: string,
    options: { readonly pageSize: number; readonly pageToken?: string; readonly includeValues?: boolean },
  ): Promise<{ readonly records: readonly MemoryRecord[]; readonly nextPageToken?: string }>
  getMany(namespace: string, keys: readonly string[]): Promise<readonly MemoryRecord[]>
  merge(
    namespace: string,
    records: readonly { readonly key: string; readonly state: WireState }[],
  ): Promise<readonly MemoryRecord[]>
}

export interface SyncReport {
  readonly pushedCount: number
  readonly pulledCount: number
}

const PAGE = 1_000
const BATCH = 500

/**
 * A copy of a namespace that can be read and changed without the server. Its replicated records (registers, counters, sets)
 * take changes offline; {@link sync} merges them with those of everybody else, in any order and however often. Plain
 * records can be read.
 *
 * Each replica object is a replica of its own name, also one that goes on from an exported state: numbers of changes that
 * a crash has lost are never given twice.
 */
export class MemoryReplica {
  readonly namespace: string
  readonly #name = `replica-${randomKey()}`
  readonly #source: ReplicaSource
  readonly #now: () => number
  readonly #states = new Map<string, CrdtState>()
  readonly #values = new Map<string, unknown>()
  readonly #versions = new Map<string, number>()
  readonly #unsent = new Set<string>()
  #clock: HybridClockState = HYBRID_CLOCK_START

  constructor(namespace: string, { state, now = Date.now }: ReplicaOptions, source: ReplicaSource) {
    if (state !== undefined && state.namespace !== namespace)
      throw new RangeError(`the state is of the namespace ${state.namespace}`)
    this.namespace = namespace
    this.#source = source
    this.#now = now
    for (const [key, crdt] of Object.entries(state?.states ?? {})) this.#merge(key, crdt)
    for (const key of state?.unsent ?? []) this.#unsent.add(key)
  }

  /** The value of any record, as far as the replica knows; undefined where there is none. */
  get(key: string): unknown {
    const state = this.#states.get(key)
    return state === undefined ? this.#values.get(key) : JSON.parse(crdtValueText(state))
  }

  keys(): readonly string[] {
    return [...new Set([...this.#states.keys(), ...this.#values.keys()])].toSorted()
  }

  /** Writes a register. @throws TypeError where the record is no register, or the value is no JSON */
  set(key: string, value: unknown): void {
    const text = JSON.stringify(value) as string | undefined
    if (text === undefined) throw new TypeError('the value is no JSON')
    this.#refuseOther(key, 'lww')
    const [clock, stamp] = tickClock(this.#clock, this.#now(), this.#name)
    this.#clock = clock
    this.#change(key, { type: 'lww', value: text, stamp })
  }

  /** Adds to a counter. @param amount a whole number @throws TypeError where the record is no counter */
  increment(key: string, amount = 1): void {
    if (!Number.isSafeInteger(amount)) throw new RangeError(`not a whole number: ${amount}`)
    const known = this.#refuseOther(key, 'counter')
    const n = nextIncrement(known?.type === 'counter' ? known : { entries: [] }, this.#name)
    this.#change(key, { type: 'counter', ...incrementDelta({ replica: this.#name, n, amount }) })
  }

  /** Adds an element to a set. @throws TypeError where the record is no set */
  add(key: string, element: string): void {
    const known = this.#refuseOther(key, 'or_set')
    this.#change(key, {
      type: 'or_set',
      ...addDelta(known?.type === 'or_set' ? known : EMPTY_OR_SET, element, this.#name),
    })
  }

  /** Removes an element from a set: the additions that the replica has seen. @throws TypeError where the record is no set */
  remove(key: string, element: string): void {
    const known = this.#refuseOther(key, 'or_set')
    if (known?.type === 'or_set') this.#change(key, { type: 'or_set', ...removeDelta(known, element) })
  }

  /**
   * Sends what was changed here and reads what was changed elsewhere. Where it fails nothing is lost: call it again.
   *
   * @throws SwarmApiError
   */
  async sync(): Promise<SyncReport> {
    const pushedCount = await this.#push()
    return { pushedCount, pulledCount: await this.#pull() }
  }

  /** What another process can go on with. */
  export(): ReplicaState {
    return {
      namespace: this.namespace,
      states: Object.fromEntries(this.#states),
      unsent: [...this.#unsent],
    }
  }

  async #push(): Promise<number> {
    const keys = [...this.#unsent]
    for (let from = 0; from < keys.length; from += BATCH) {
      const sent = keys.slice(from, from + BATCH).flatMap((key) => {
        const state = this.#states.get(key)
        return state === undefined ? [] : [{ key, state }]
      })
      const records = sent.map(({ key, state }) => ({ key, state: state as unknown as WireState }))
      const merged = await this.#source.merge(this.namespace, records)
      // What was changed while the call was under way is sent with the next.
      for (const { key, state } of sent) if (this.#states.get(key) === state) this.#unsent.delete(key)
      for (const record of merged) this.#learn(record)
    }
    return keys.length
  }

  async #pull(): Promise<number> {
    const isFirst = this.#versions.size === 0
    const seen = new Set<string>()
    let pulledCount = 0
    for (let pageToken: string | undefined; ; ) {
      const page = await this.#source.list(this.namespace, {
        pageSize: PAGE,
        includeValues: isFirst,
        ...(pageToken === undefined ? {} : { pageToken }),
      })
      for (const { key } of page.records) seen.add(key)
      const changed = page.records.filter(({ key, version }) => this.#versions.get(key) !== version)
      pulledCount += changed.length
      for (const record of isFirst ? changed : await this.#read(changed)) this.#learn(record)
      if (page.nextPageToken === undefined) break
      pageToken = page.nextPageToken
    }
    this.#forget(seen)
    return pulledCount
  }

  async #read(records: readonly MemoryRecord[]): Promise<readonly MemoryRecord[]> {
    const read: MemoryRecord[] = []
    for (let from = 0; from < records.length; from += BATCH) {
      const keys = records.slice(from, from + BATCH).map(({ key }) => key)
      read.push(...(await this.#source.getMany(this.namespace, keys)))
    }
    return read
  }

  #learn({ key, version, value, state }: MemoryRecord): void {
    this.#versions.set(key, version)
    if (state === undefined) {
      this.#states.delete(key)
      this.#values.set(key, value)
    } else this.#merge(key, state)
  }

  /** Records that were deleted. What was changed here since stays, and makes the record anew. */
  #forget(seen: ReadonlySet<string>): void {
    for (const key of this.#versions.keys()) {
      if (seen.has(key)) continue
      this.#versions.delete(key)
      this.#values.delete(key)
      if (!this.#unsent.has(key)) this.#states.delete(key)
    }
  }

  #change(key: string, delta: CrdtState): void {
    this.#merge(key, delta)
    this.#unsent.add(key)
  }

  #merge(key: string, delta: CrdtState): void {
    if (delta.type === 'lww') this.#clock = witnessStamp(this.#clock, delta.stamp)
    const known = this.#states.get(key)
    const merged = known?.type === delta.type ? mergeCrdts(known, delta) : delta
    // The same object for the same state: `#push` compares by identity.
    if (known === undefined || crdtText(known) !== crdtText(merged)) this.#states.set(key, merged)
    this.#values.delete(key)
  }

  #refuseOther(key: string, type: CrdtState['type']): CrdtState | undefined {
    const known = this.#states.get(key)
    if (known === undefined && this.#values.has(key)) throw new TypeError(`${key} is a plain record`)
    if (known !== undefined && known.type !== type) throw new TypeError(`${key} is of type ${known.type}`)
    return known
  }
}
