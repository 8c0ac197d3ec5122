import { assert } from '#domain/model/errors.ts'
import type { EventDraft, SwarmEvent } from '#domain/model/events.ts'
import type { Scope } from '#domain/model/ids.ts'
import { timeIn } from '#domain/model/record-kind.ts'
import type { ReadyEntry } from '#domain/ports/ready-queue.ts'
import type { RecordKey, RecordWrite } from '#domain/ports/records.ts'
import type { Committed, RecordsOf, Step, StepRequest } from '#domain/ports/swarm-store.ts'
import type { Batch } from './batch.ts'
import type { Job } from './job.ts'
import { refuseOldEpoch, type ScopeState } from './scope-ledger.ts'

const KEYS_MAX = 1_100
const ID_PATTERN = /^[\x20-\x2e\x30-\x7e]{1,511}$/

export interface StepOutcome<T> {
  readonly resolve: (committed: Committed<T>) => void
  readonly reject: (error: unknown) => void
  /** Takes the outbox, before the step is answered. */
  readonly deliver: (scope: Scope, entries: readonly ReadyEntry[]) => void
  /** Called where the step changed something, before it is answered. */
  readonly onChanged: () => void
}

/** One step of the domain: reads, decides, and stages what was decided. */
export class StepJob<Keys extends readonly RecordKey[], T> implements Job {
  readonly isBulk: boolean
  readonly isAlone = false
  readonly isFlushNeeded = false
  readonly #request: StepRequest<Keys, T>
  readonly #outcome: StepOutcome<T>
  #committed: Committed<T> | undefined
  #ready: readonly ReadyEntry[] = []
  #isChanged = false

  constructor(request: StepRequest<Keys, T>, outcome: StepOutcome<T>) {
    assert(request.keys.length <= KEYS_MAX, `a step reads at most ${KEYS_MAX} records`)
    this.isBulk = request.isBulk ?? false
    this.#request = request
    this.#outcome = outcome
  }

  run(batch: Batch): void {
    const { scope, keys, epoch, decide } = this.#request
    const state = batch.scopeState(scope)
    refuseOldEpoch(state, epoch)
    const records = keys.map((key) => batch.read(scope, key)) as RecordsOf<Keys>
    const step: Step<T> = decide(records)
    // All that can go wrong with the values goes wrong here, before the first of them is staged.
    const texts = step.writes.map(writeText)
    const events = step.events.map((draft, index) => numbered(draft, state, index))
    const eventTexts = events.map((event) => JSON.stringify(event))
    batch.claimRoom(keyCount(step.writes) + events.length + 1, lengthOf(texts) + lengthOf(eventTexts))
    for (const [index, write] of step.writes.entries()) batch.write(scope, write, texts[index])
    for (const [index, event] of events.entries()) batch.append(scope, event, eventTexts[index] ?? '')
    if (events.length > 0) {
      const lastSequence = state.lastSequence + events.length
      batch.setScopeState(scope, { ...state, lastSequence, lastEventSequence: lastSequence })
    }
    this.#ready = step.ready
    this.#isChanged = texts.length + events.length > 0
    this.#committed = { result: step.result, events }
  }

  resolve(): void {
    assert(this.#committed !== undefined, 'a step runs before it is answered')
    if (this.#isChanged) this.#outcome.onChanged()
    if (this.#ready.length > 0) this.#outcome.deliver(this.#request.scope, this.#ready)
    this.#outcome.resolve(this.#committed)
  }

  reject(error: unknown): void {
    this.#outcome.reject(error)
  }
}

function lengthOf(texts: readonly (string | undefined)[]): number {
  return texts.reduce((sum, text) => sum + (text?.length ?? 0), 0)
}

/** Table entries that the writes may change: the record, its place among the open ones, its old and its new time. */
function keyCount(writes: readonly RecordWrite[]): number {
  return writes.reduce((sum, { key }) => sum + (key.kind.timeOf === undefined ? 2 : 4), 0)
}

function writeText({ key, value }: RecordWrite): string | undefined {
  assert(ID_PATTERN.test(key.id), `a record's id is 1 to 511 printable characters: ${key.id.slice(0, 80)}`)
  timeIn(key.kind, value)
  return value === undefined ? undefined : key.kind.codec.encode(value)
}

function numbered(draft: EventDraft, { epoch, lastSequence }: ScopeState, index: number): SwarmEvent {
  const { type, subject, time, data } = draft
  return { sequence: lastSequence + 1 + index, epoch, type, subject, time, data } as SwarmEvent
}
