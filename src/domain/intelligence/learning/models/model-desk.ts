import { allRecords } from '../../../kernel/all-records.ts'
import type { SwarmJournal } from '../../../kernel/swarm-journal.ts'
import { SwarmError } from '../../../model/errors.ts'
import { type EventDraft, eventDraft } from '../../../model/events.ts'
import type { NumberFormat } from '../../../model/training-notice.ts'
import type { Clock } from '../../../ports/clock.ts'
import { put } from '../../../ports/records.ts'
import type { Step, SwarmStore } from '../../../ports/swarm-store.ts'
import { modelKey } from '../learning-keys.ts'
import type { BlobStore } from './blob-store.ts'
import {
  bytesOf,
  type Evaluation,
  MODEL_RECORDS,
  type ModelRecord,
  type ModelVersion,
} from './model-record.ts'

export interface CreateModelRequest {
  readonly model: string
  readonly description: string
  readonly format: NumberFormat
  readonly shape: readonly number[]
}

export interface AddVersionRequest {
  readonly model: string
  /** Whose pieces were written before. */
  readonly blobId: string
}

export interface RollBackRequest {
  readonly model: string
  readonly version: number
}

export interface EvaluateRequest extends RollBackRequest {
  /** Who measured: an agent, or the name of a client's credential. */
  readonly evaluator: string
  readonly metric: string
  readonly value: number
  readonly sampleCount: number
}

export interface ModelDeskOptions {
  readonly modelsMax: number
  /** Versions kept of each model; the oldest leave first, the current one never. */
  readonly modelVersionsMax: number
}

export interface ModelDeskModules {
  readonly store: SwarmStore
  readonly journal: SwarmJournal
  readonly blobs: BlobStore
  readonly clock: Clock
}

const EVALUATORS_MAX = 1_000
const METRICS_MAX = 32

/** The models of a swarm: named vectors with versions that can be compared and rolled back. */
export class ModelDesk {
  readonly #options: ModelDeskOptions
  readonly #modules: ModelDeskModules
  readonly #names = new Set<string>()

  constructor(options: ModelDeskOptions, modules: ModelDeskModules) {
    this.#options = options
    this.#modules = modules
  }

  /** @returns the blobs that the models refer to */
  async recover(): Promise<ReadonlySet<string>> {
    const { store, journal } = this.#modules
    const used = new Set<string>()
    for await (const { value } of allRecords(store, journal.scope, MODEL_RECORDS)) {
      this.#names.add(value.model)
      for (const { blobId } of value.versions) used.add(blobId)
    }
    return used
  }

  /** @throws SwarmError `model_exists`, `limit_exceeded` */
  async create({ model, shape, ...facts }: CreateModelRequest): Promise<ModelRecord> {
    const { journal, clock } = this.#modules
    const { modelsMax: limit } = this.#options
    const actual = this.#names.size + Number(!this.#names.has(model))
    if (actual > limit) throw new SwarmError('limit_exceeded', { limitName: 'modelsMax', limit, actual })
    const created = await journal.transact([modelKey(model)], ([stored]) => {
      if (stored !== undefined) throw new SwarmError('model_exists', { model })
      const length = shape.reduce((product, size) => product * size, 1)
      const at = clock.now()
      const record = {
        model,
        ...facts,
        shape,
        length,
        createdAt: at,
        currentVersion: 0,
        lastVersion: 0,
        versions: [],
      }
      return stepOf(record, eventDraft('learning.model_created', model, at, { format: facts.format, shape }))
    })
    this.#names.add(model)
    return created
  }

  /** @throws SwarmError `model_not_found`; `update_refused` where the bytes do not fit the model */
  async addVersion({ model, blobId }: AddVersionRequest): Promise<ModelRecord> {
    const { journal, blobs, clock } = this.#modules
    const dropped: string[] = []
    const changed = await journal.transact([modelKey(model)], ([stored]) => {
      const record = found(stored?.value, model)
      if (blobs.find(blobId)?.bytes !== bytesOf(record))
        throw new SwarmError('model_unsound', { model, reason: 'wrong_shape' })
      const at = clock.now()
      const { record: next, left } = this.withVersion(record, { blobId, createdAt: at, evaluations: {} })
      dropped.splice(0, dropped.length, ...left)
      return stepOf(next, eventDraft('learning.model_updated', model, at, { version: next.currentVersion }))
    })
    for (const blob of dropped) await blobs.drop(blob)
    return changed
  }

  /** The model with one more version, which becomes the current one, and the blobs of those that leave. */
  withVersion(
    record: ModelRecord,
    version: Omit<ModelVersion, 'version'>,
  ): { readonly record: ModelRecord; readonly left: readonly string[] } {
    const number = record.lastVersion + 1
    const versions = [...record.versions, { ...version, version: number }]
    const kept = versions.slice(-this.#options.modelVersionsMax)
    const left = versions.slice(0, -this.#options.modelVersionsMax).map(({ blobId }) => blobId)
    return { record: { ...record, currentVersion: number, lastVersion: number, versions: kept }, left }
  }

  /** Clients start from this version again. @throws SwarmError `model_not_found` */
  rollBack({ model, version }: RollBackRequest): Promise<ModelRecord> {
    const { journal, clock } = this.#modules
    return journal.transact([modelKey(model)], ([stored]) => {
      const record = found(stored?.value, model)
      versionOf(record, version)
      const data = { version, from: record.currentVersion }
      return stepOf(
        { ...record, currentVersion: version },
        eventDraft('learning.model_rolled_back', model, clock.now(), data),
      )
    })
  }

  /** What an evaluator measured, in place of what it said before of the same metric. */
  evaluate({ model, version, evaluator, metric, value, sampleCount }: EvaluateRequest): Promise<ModelRecord> {
    const { journal } = this.#modules
    return journal.transact([modelKey(model)], ([stored]) => {
      const record = found(stored?.value, model)
      const { evaluations } = versionOf(record, version)
      const before = new Map(Object.entries(evaluations))
      const ofMetric = new Map<string, Evaluation>(Object.entries(before.get(metric) ?? {}))
      ofMetric.set(evaluator, { value, sampleCount })
      before.set(metric, Object.fromEntries(ofMetric))
      refuseMore('evaluatorsMax', EVALUATORS_MAX, ofMetric.size)
      refuseMore('metricsMax', METRICS_MAX, before.size)
      const versions = record.versions.map((kept) =>
        kept.version === version ? { ...kept, evaluations: Object.fromEntries(before) } : kept,
      )
      const next = { ...record, versions }
      return { writes: [put(MODEL_RECORDS, model, next)], events: [], ready: [], result: next }
    })
  }
}

/** @throws SwarmError `model_not_found` */
export function found(record: ModelRecord | undefined, model: string): ModelRecord {
  if (record === undefined) throw new SwarmError('model_not_found', { model })
  return record
}

function versionOf(record: ModelRecord, version: number): ModelVersion {
  const kept = record.versions.find((candidate) => candidate.version === version)
  if (kept === undefined) throw new SwarmError('model_not_found', { model: record.model, version })
  return kept
}

function refuseMore(limitName: string, limit: number, actual: number): void {
  if (actual > limit) throw new SwarmError('limit_exceeded', { limitName, limit, actual })
}

function stepOf(record: ModelRecord, event: EventDraft): Step<ModelRecord> {
  return { writes: [put(MODEL_RECORDS, record.model, record)], events: [event], ready: [], result: record }
}
