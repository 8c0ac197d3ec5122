import { SwarmError } from '#domain/model/errors.ts'
import type { NodeId, Scope } from '#domain/model/ids.ts'
import type { RecordKinds } from '#domain/model/record-kind.ts'
import type { ReadyEntry } from '#domain/ports/ready-queue.ts'
import type { RecordKey } from '#domain/ports/records.ts'
import type { Committed } from '#domain/ports/swarm-store.ts'
import type { StoreIdentity } from './identity/store-identity.ts'
import { readRecords } from './read-records.ts'
import type { CacheSpace, RecordCache } from './record-cache.ts'
import { type KnownRecord, NO_RECORD } from './record-codec.ts'
import { asUnavailable, type RedisLink, unavailable } from './redis-link.ts'
import { OTHER_STORE } from './scripts/answers.ts'
import { commitScript } from './scripts/commit-script.ts'
import { type AnyRequest, type DecidedStep, numberEvents, readyEntriesOf, StepBatch } from './step-batch.ts'

/** Steps that may wait for their turn; the next one is refused. */
const WAITING_MAX = 20_000
/** Steps, and arguments of theirs, in one script call: Redis serves nobody else meanwhile. */
const BATCH_STEPS_MAX = 128
const BATCH_WEIGHT_MAX = 4_000
/** Another node would have to change the same records this often in between. */
const ATTEMPTS_MAX = 20

interface WaitingStep {
  readonly request: AnyRequest
  /** What was read for it; what the cache holds is newer. */
  readonly read: Map<RecordKey, KnownRecord>
  /** Settles when the reading that was begun for it has ended. */
  reading: Promise<void> | undefined
  attempts: number
  readonly resolve: (committed: Committed<unknown>) => void
  readonly reject: (error: unknown) => void
}

export interface ScopeQueueModules {
  readonly link: RedisLink
  readonly identity: StoreIdentity
  readonly cache: RecordCache
  readonly kinds: RecordKinds
  readonly nextStamp: () => string
  /** Called for each script that committed steps, with how many of them changed something. */
  readonly onCommitted: (stepCount: number) => void
  /** Called with what a committed step left in the outbox; `undefined` when a step may have left something. */
  readonly onReady: (scope: Scope, entries: readonly ReadyEntry[] | undefined) => void
}

/**
 * The steps of one scope, in order, from this node.
 *
 * One batch is under way at a time; what arrives meanwhile makes the next one, so a busy scope needs few round
 * trips and an idle one waits for nobody.
 */
export class ScopeQueue {
  readonly #scope: Scope
  readonly #modules: ScopeQueueModules
  #space: CacheSpace
  #waiting: WaitingStep[] = []
  #isRunning = false
  #worked: Promise<void> = Promise.resolve()

  constructor(scope: Scope, modules: ScopeQueueModules) {
    this.#scope = scope
    this.#modules = modules
    this.#space = modules.cache.openSpace()
  }

  get isIdle(): boolean {
    return !this.#isRunning
  }

  /** Forgets what was seen: Redis may have lost it. */
  forget(): void {
    this.#space = this.#modules.cache.openSpace()
  }

  /** Resolves when no step is waiting or under way. */
  drained(): Promise<void> {
    return this.#worked
  }

  run(request: AnyRequest): Promise<Committed<unknown>> {
    if (this.#waiting.length >= WAITING_MAX) return Promise.reject(unavailable('too many writes are waiting'))
    return new Promise((resolve, reject) => {
      const step: WaitingStep = { request, read: new Map(), reading: undefined, attempts: 0, resolve, reject }
      this.#beginReading(step)
      this.#waiting.push(step)
      if (this.#isRunning) return
      this.#isRunning = true
      // Steps that are asked for in the same turn of the event loop share the batch.
      this.#worked = Promise.resolve().then(() => this.#work())
    })
  }

  async #work(): Promise<void> {
    while (this.#waiting.length > 0) {
      const steps = this.#takeBatch()
      try {
        await this.#readFor(steps)
        await this.#commit(steps)
      } catch (error) {
        this.#fail(steps, asUnavailable(error))
      }
    }
    this.#isRunning = false
  }

  /** The first waiting steps that name the same epoch. */
  #takeBatch(): readonly WaitingStep[] {
    const epoch = this.#waiting[0]?.request.epoch
    const other = this.#waiting.findIndex(({ request }) => request.epoch !== epoch)
    const count = Math.min(other === -1 ? this.#waiting.length : other, BATCH_STEPS_MAX)
    return this.#waiting.splice(0, count)
  }

  async #readFor(steps: readonly WaitingStep[]): Promise<void> {
    // One that was read for when it arrived may have waited so long that its records left the cache.
    for (const step of steps) if (step.reading === undefined) this.#beginReading(step)
    const readings = steps.flatMap(({ reading }) => reading ?? [])
    if (readings.length > 0) await Promise.all(readings)
  }

  #beginReading(step: WaitingStep): void {
    const space = this.#space
    const { cache, link } = this.#modules
    const missing = step.request.keys.filter((key) => this.#known(step, key) === undefined)
    if (missing.length === 0) return
    step.reading = readRecords(link, this.#scope, missing).then((records) => {
      for (const [index, key] of missing.entries()) {
        const known = records[index] ?? NO_RECORD
        step.read.set(key, known)
        cache.learn(space, key, known)
      }
    })
    // Looked at when the step has its turn; until then a failure is nobody's.
    step.reading.catch(() => {})
  }

  async #commit(steps: readonly WaitingStep[]): Promise<void> {
    const batch = new StepBatch(this.#scope, steps[0]?.request.epoch, this.#modules)
    let taken = 0
    for (const step of steps) {
      if (!this.#isReadable(step) || batch.weight > BATCH_WEIGHT_MAX) break
      batch.add(step.request, (key) => this.#known(step, key) ?? NO_RECORD)
      taken += 1
    }
    const rest = steps.slice(taken)
    for (const step of rest) step.reading = undefined
    this.#waiting.unshift(...rest)
    if (taken > 0) await this.#send(steps.slice(0, taken), batch)
  }

  async #send(steps: readonly WaitingStep[], batch: StepBatch): Promise<void> {
    const { link, identity } = this.#modules
    const runId = link.requireRunId()
    const storeId = identity.requireStoreId()
    let reply: readonly (number | string)[]
    try {
      const answer = await commitScript.run(
        link.client,
        batch.scriptKeys(),
        batch.scriptArguments(storeId, runId),
      )
      reply = answer as readonly (number | string)[]
    } catch (error) {
      this.#modules.onReady(this.#scope, undefined)
      throw error
    }
    const [committedCount, before, ...found] = reply
    if (committedCount === OTHER_STORE) return identity.refused()
    if (committedCount === -1) {
      this.#refuse(steps, before === '' ? null : (before as NodeId))
      return
    }
    this.#settle(steps, batch, {
      count: Number(committedCount),
      before: Number(before),
      found: new Set(found),
    })
  }

  #settle(
    steps: readonly WaitingStep[],
    batch: StepBatch,
    { count, before, found }: { count: number; before: number; found: ReadonlySet<number | string> },
  ): void {
    let sequence = before
    const ready: ReadyEntry[] = []
    for (const [index, step] of steps.slice(0, count).entries()) {
      const decided = batch.steps[index]
      if (decided === undefined) continue
      this.#remember(decided, found)
      ready.push(...readyEntriesOf(decided))
      sequence = answer(step, decided, sequence)
    }
    this.#modules.onCommitted(batch.steps.slice(0, count).filter(isChange).length)
    if (ready.length > 0) this.#modules.onReady(this.#scope, ready)
    if (count < steps.length) this.#retry(steps.slice(count))
  }

  #remember({ writes }: DecidedStep, found: ReadonlySet<number | string>): void {
    const { cache } = this.#modules
    for (const { key, known, number } of writes) {
      if (found.has(number)) cache.forget(this.#space, key)
      else cache.set(this.#space, key, known)
    }
  }

  /** The first of them saw records that have changed since; those after it may rest on what it would have done. */
  #retry([changed, ...others]: readonly WaitingStep[]): void {
    if (changed === undefined) return
    for (const key of changed.request.keys) this.#modules.cache.forget(this.#space, key)
    changed.read.clear()
    changed.reading = undefined
    changed.attempts += 1
    this.#waiting.unshift(...others)
    if (changed.attempts < ATTEMPTS_MAX) this.#waiting.unshift(changed)
    else changed.reject(unavailable('other nodes keep changing the same records'))
  }

  #refuse(steps: readonly WaitingStep[], coordinatorId: NodeId | null): void {
    this.forget()
    for (const { reject } of steps) reject(new SwarmError('not_coordinator', { coordinatorId }))
  }

  /** Those that wait behind would only wait as long once more: whoever asks gets an answer within one timeout. */
  #fail(steps: readonly WaitingStep[], error: SwarmError): void {
    this.forget()
    const waiting = this.#waiting
    this.#waiting = []
    for (const { reject } of [...steps, ...waiting]) reject(error)
  }

  #known(step: WaitingStep, key: RecordKey): KnownRecord | undefined {
    const known = this.#modules.cache.get(this.#space, key) ?? step.read.get(key)
    // The script finds out where that is wrong, and the step is then decided again on what was read.
    return known === undefined && key.isNew === true && step.attempts === 0 ? NO_RECORD : known
  }

  #isReadable(step: WaitingStep): boolean {
    return step.request.keys.every((key) => this.#known(step, key) !== undefined)
  }
}

/** Tells the caller, and returns the newest sequence number after the step. */
function answer(step: WaitingStep, { decision }: DecidedStep, before: number): number {
  if ('error' in decision) {
    step.reject(decision.error)
    return before
  }
  const events = numberEvents(decision.step.events, before, step.request.epoch)
  step.resolve({ result: decision.step.result, events })
  return before + events.length
}

function isChange({ decision }: DecidedStep): boolean {
  return 'step' in decision && decision.step.writes.length + decision.step.events.length > 0
}
