import { type SwarmJournal, unchanged } from '../kernel/swarm-journal.ts'
import type { EpochMs } from '../model/ids.ts'
import { type RecordKind, timeIn } from '../model/record-kind.ts'
import type { Clock } from '../ports/clock.ts'
import { type RecordWrite, remove, type StoredRecord } from '../ports/records.ts'
import type { SwarmStore, TimedListRequest } from '../ports/swarm-store.ts'

/** Which records of a kind are removed. */
export interface RetentionRule<V = unknown> {
  readonly kind: RecordKind<V>
  /**
   * Whether the record is to go. It is asked of all records in passes of about an hour; where the kind has an index by
   * time and there is `keptMs`, only of the records that are older.
   */
  isOld(value: V, now: EpochMs): boolean
  /** How long a record stays after its time in the index by time, in milliseconds. */
  readonly keptMs?: number
  /** What goes with the record under its id; the record alone by default. */
  readonly removes?: readonly RecordKind[]
}

export interface RecordSweepModules {
  readonly store: SwarmStore
  readonly journal: Pick<SwarmJournal, 'scope' | 'transact'>
  readonly clock: Clock
}

const STEP = 200
/** Records of a kind looked at in one sweep, at least. */
const LOOK_MIN = 2_000
/** A pass over all records of a kind takes about so long at most, however many there are. */
const PASS_MS = 3_600_000

/** Removes the records that one rule calls old, in small steps. Each sweep goes on where the last one stopped. */
export class RecordSweep {
  readonly #rule: RetentionRule
  readonly #everyMs: number
  readonly #modules: RecordSweepModules
  #cursor: string | undefined
  /** How many records of the kind there were when the present pass over them began. */
  #count = 0
  #isStopped = false

  /** @param everyMs how often it is swept, in milliseconds */
  constructor(rule: RetentionRule, everyMs: number, modules: RecordSweepModules) {
    this.#rule = rule
    this.#everyMs = everyMs
    this.#modules = modules
  }

  stop(): void {
    this.#isStopped = true
  }

  async sweep(): Promise<void> {
    const { kind, keptMs } = this.#rule
    if (kind.timeOf !== undefined && keptMs !== undefined) await this.#sweepByTime(keptMs)
    else await this.#sweepByPass()
  }

  async #sweepByTime(keptMs: number): Promise<void> {
    const { store, journal, clock } = this.#modules
    const { kind } = this.#rule
    const { scope } = journal
    const upTo = (clock.now() - keptMs) as EpochMs
    for (let after: TimedListRequest<unknown>['after']; !this.#isStopped; ) {
      const from = after === undefined ? {} : { after }
      const records = await store.listByTime({ scope, kind, upTo, countMax: STEP, ...from })
      await this.#removeOld(records)
      const last = records.at(-1)
      if (last === undefined || records.length < STEP) return
      after = { time: timeIn(kind, last.value) ?? upTo, id: last.key.id }
    }
  }

  async #sweepByPass(): Promise<void> {
    const { store, journal } = this.#modules
    const { kind } = this.#rule
    const lookMax = await this.#lookMax()
    for (let looked = 0; looked < lookMax && !this.#isStopped; looked += STEP) {
      const from = this.#cursor === undefined ? {} : { after: this.#cursor }
      const records = await store.list({ scope: journal.scope, kind, countMax: STEP, ...from })
      await this.#removeOld(records)
      this.#cursor = records.length < STEP ? undefined : records.at(-1)?.key.id
      if (this.#cursor === undefined) return
    }
  }

  async #removeOld(records: readonly StoredRecord[]): Promise<void> {
    const { journal, clock } = this.#modules
    const { kind, removes = [kind] } = this.#rule
    const now = clock.now()
    const old = records.filter(({ value }) => this.#rule.isOld(value, now)).map(({ key }) => key)
    if (old.length === 0) return
    await journal.transact(old, (stored) => {
      // Asked again: a record may have been written anew since.
      const leaving = stored.flatMap((record) =>
        record !== undefined && this.#rule.isOld(record.value, now) ? record.key.id : [],
      )
      const writes = leaving.flatMap((id): readonly RecordWrite[] =>
        removes.map((removed) => remove(removed, id)),
      )
      return { ...unchanged(null), writes }
    })
  }

  async #lookMax(): Promise<number> {
    const { store, journal } = this.#modules
    if (this.#cursor === undefined) this.#count = await store.count(journal.scope, this.#rule.kind)
    return Math.max(LOOK_MIN, Math.ceil(this.#count * (this.#everyMs / PASS_MS)))
  }
}
