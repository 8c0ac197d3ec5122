import type { EventDraft, SwarmEvent } from '#domain/model/events.ts'
import type { Scope, SwarmEpoch } from '#domain/model/ids.ts'
import { swarmEpoch } from '#domain/model/ids.ts'
import { type RecordKind, type RecordKinds, timeIn } from '#domain/model/record-kind.ts'
import type { ReadyEntry } from '#domain/ports/ready-queue.ts'
import type { RecordKey, RecordWrite } from '#domain/ports/records.ts'
import type { Step, StepRequest } from '#domain/ports/swarm-store.ts'
import type { ScriptArgument } from './lua-script.ts'
import { encodeReadyEntry, readyJobId } from './ready-entry-codec.ts'
import { headOf, type KnownRecord, NO_RECORD, toStored } from './record-codec.ts'
import * as keys from './redis-keys.ts'

export type AnyRequest = StepRequest<readonly RecordKey[], unknown>

/** What became of one `decide`: a step and its parts as text, or what it threw. */
type Decision =
  | {
      readonly step: Step<unknown>
      readonly bodies: readonly string[]
      readonly events: readonly string[]
      readonly ready: readonly string[]
    }
  | { readonly error: unknown }

const NOTHING_TO_DO = {
  step: { writes: [], events: [], ready: [], settled: [] },
  bodies: [],
  events: [],
  ready: [],
} as const

interface KnownWrite {
  readonly key: RecordKey
  readonly known: KnownRecord
  /** Its number among the writes of the batch, from 1. */
  readonly number: number
}

/** One step of a batch, decided and encoded. */
export interface DecidedStep {
  readonly decision: Decision
  readonly writes: readonly KnownWrite[]
}

export interface StepBatchModules {
  readonly nextStamp: () => string
  readonly kinds: RecordKinds
}

/** The first keys of the commit script, before those of the kinds. */
const FIXED_KEYS = 5
const KEYS_OF_KIND = 4

/**
 * Steps of one scope that go to Redis in one script call.
 *
 * Each is decided on the records as the steps before it leave them. That is safe since the script stops at the
 * first step whose records have changed: what rests on a step that did not happen does not happen either. Also a
 * `decide` that throws takes part, with its checks alone: its error counts only if what it saw was true.
 */
export class StepBatch {
  readonly #scope: Scope
  readonly #epoch: SwarmEpoch | undefined
  readonly #nextStamp: () => string
  readonly #kinds: RecordKinds
  readonly #overlay = new Map<string, KnownRecord>()
  /** Records that need no check any more: this batch has checked or replaced them. */
  readonly #settled = new Set<string>()
  readonly #placeOfKind = new Map<RecordKind, number>()
  readonly #arguments: ScriptArgument[] = []
  readonly #steps: DecidedStep[] = []
  #writeCount = 0
  #weight = 0

  constructor(scope: Scope, epoch: SwarmEpoch | undefined, { nextStamp, kinds }: StepBatchModules) {
    this.#scope = scope
    this.#epoch = epoch
    this.#nextStamp = nextStamp
    this.#kinds = kinds
  }

  get steps(): readonly DecidedStep[] {
    return this.#steps
  }

  /** Grows with what Redis has to do. */
  get weight(): number {
    return this.#weight
  }

  /** @param read what is known of the step's records, apart from what this batch changes */
  add(request: AnyRequest, read: (key: RecordKey) => KnownRecord): void {
    const seen = request.keys.map((key) => this.#overlay.get(nameOf(key)) ?? read(key))
    const decision = decide(request, seen, this.#kinds)
    const { step, bodies, events, ready } = 'step' in decision ? decision : NOTHING_TO_DO
    const start = this.#arguments.length
    const timedCount = step.writes.filter(({ key }) => key.kind.timeOf !== undefined).length
    const settled = step.settled ?? []
    const counts = [step.writes.length + timedCount, step.events.length, step.ready.length, settled.length]
    this.#arguments.push(0, ...counts)
    this.#arguments[start] = this.#encodeChecks(request.keys, seen)
    const writes = step.writes.map((write, index) => this.#encodeWrite(write, bodies[index] ?? ''))
    this.#arguments.push(...events, ...ready, ...settled.map(readyJobId))
    this.#steps.push({ decision, writes })
    this.#weight += this.#arguments.length - start
  }

  scriptKeys(): readonly string[] {
    const { metaKey, coordinatorKey, eventsKey, outboxKey } = keys
    const fixed = [metaKey, coordinatorKey, eventsKey, outboxKey].map((name) => name(this.#scope))
    const ofKinds = [...this.#placeOfKind.keys()].flatMap((kind) => keys.keysOfKind(this.#scope, kind))
    return [...fixed, keys.MARKER_KEY, ...ofKinds]
  }

  /** @param runId of the connection the script goes out on; an epoch holds within the run it was claimed in. */
  scriptArguments(storeId: string, runId: string): readonly ScriptArgument[] {
    const epoch = this.#epoch ?? ''
    return [storeId, epoch, epoch === '' ? '' : runId, this.#steps.length, ...this.#arguments]
  }

  #encodeChecks(readKeys: readonly RecordKey[], seen: readonly KnownRecord[]): number {
    let count = 0
    for (const [index, key] of readKeys.entries()) {
      const name = nameOf(key)
      if (this.#settled.has(name)) continue
      const known = seen[index] ?? NO_RECORD
      this.#settled.add(name)
      this.#overlay.set(name, known)
      this.#arguments.push(this.#place(key.kind), key.id, known.head)
      count += 1
    }
    return count
  }

  #encodeWrite({ key, value, isOpen }: RecordWrite, body: string): KnownWrite {
    const name = nameOf(key)
    const isSettled = this.#settled.has(name)
    const before = isSettled ? (this.#overlay.get(name) ?? NO_RECORD) : NO_RECORD
    const after = value === undefined ? NO_RECORD : this.#next(before, { key, value, isOpen })
    const text = after.head + body
    this.#arguments.push(orderOf(key.kind, before, after), this.#place(key.kind), key.id, text)
    this.#writeCount += 1
    this.#weight += text.length >> 8
    this.#overlay.set(name, after)
    // A first write may find a record after all; then its version is not what is assumed here, and a later step of
    // the batch that reads it has to check. Whoever looked before, or removed the record, knows.
    if (value === undefined) this.#settled.add(name)
    const written = { key, known: after, number: this.#writeCount }
    if (key.kind.timeOf !== undefined) {
      this.#arguments.push('t', this.#place(key.kind), key.id, timeIn(key.kind, value) ?? '')
      this.#writeCount += 1
    }
    return written
  }

  #next(before: KnownRecord, { key, value, isOpen }: RecordWrite): KnownRecord {
    const version = before.version + 1
    const head = headOf(version, isOpen, this.#nextStamp(), timeIn(key.kind, value))
    return { head, version, isOpen, value }
  }

  #place(kind: RecordKind): number {
    const known = this.#placeOfKind.get(kind)
    if (known !== undefined) return known
    const place = FIXED_KEYS + 1 + this.#placeOfKind.size * KEYS_OF_KIND
    this.#placeOfKind.set(kind, place)
    return place
  }
}

/** The events of a committed step, numbered on from `before`. */
export function numberEvents(
  drafts: readonly EventDraft[],
  before: number,
  epoch: SwarmEpoch | undefined,
): readonly SwarmEvent[] {
  return drafts.map((draft, index) => ({
    ...draft,
    sequence: before + index + 1,
    epoch: epoch ?? swarmEpoch(0),
  }))
}

export function decodeEvent(sequence: number, text: string): SwarmEvent {
  return { ...(JSON.parse(text) as object), sequence } as SwarmEvent
}

export function readyEntriesOf(step: DecidedStep): readonly ReadyEntry[] {
  return 'step' in step.decision ? step.decision.step.ready : []
}

/** Text is made here, too: what cannot be written as JSON fails this step alone, before any of it is sent. */
function decide(request: AnyRequest, seen: readonly KnownRecord[], kinds: RecordKinds): Decision {
  const records = request.keys.map((key, index) => toStored(key, seen[index] ?? NO_RECORD))
  try {
    const step = request.decide(records)
    for (const { key, value } of step.writes) {
      kinds.require(key.kind)
      timeIn(key.kind, value)
    }
    return {
      step,
      bodies: step.writes.map(({ key, value }) => (value === undefined ? '' : key.kind.codec.encode(value))),
      events: step.events.map((event) => encodeEvent(event, request.epoch)),
      ready: step.ready.flatMap((entry) => [readyJobId(entry), encodeReadyEntry(entry)]),
    }
  } catch (error) {
    return { error }
  }
}

/** See the commit script. */
function orderOf(kind: RecordKind, before: KnownRecord, after: KnownRecord): string {
  if (after.value === undefined) return 'd'
  if (!kind.isListed) return before.value === undefined ? 'u' : 's'
  if (before.value === undefined) return after.isOpen ? 'N' : 'n'
  if (before.isOpen === after.isOpen) return 's'
  return after.isOpen ? 'o' : 'c'
}

function encodeEvent({ type, subject, time, data }: EventDraft, epoch: SwarmEpoch | undefined): string {
  return JSON.stringify({ type, subject, time, data, epoch: epoch ?? 0 })
}

const nameOf = ({ kind, id }: RecordKey): string => `${kind.name}/${id}`
