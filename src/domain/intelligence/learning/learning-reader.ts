import { allRecords } from '../../kernel/all-records.ts'
import { SwarmError } from '../../model/errors.ts'
import type { Scope } from '../../model/ids.ts'
import type { SwarmStore } from '../../ports/swarm-store.ts'
import { modelKey, ROUND_RECORDS, roundKey } from './learning-keys.ts'
import { found } from './models/model-desk.ts'
import {
  bytesOf,
  CHUNK_BYTES,
  CHUNK_RECORDS,
  chunkId,
  MODEL_RECORDS,
  type ModelRecord,
} from './models/model-record.ts'
import type { RoundState } from './rounds/round-state.ts'

/** Reads models and rounds straight from the store, on any node. */
export class LearningReader {
  readonly #scope: Scope
  readonly #store: SwarmStore

  constructor(scope: Scope, { store }: { readonly store: SwarmStore }) {
    this.#scope = scope
    this.#store = store
  }

  /** In the order of their names. */
  async models(): Promise<readonly ModelRecord[]> {
    const models: ModelRecord[] = []
    for await (const { value } of allRecords(this.#store, this.#scope, MODEL_RECORDS)) models.push(value)
    return models
  }

  /** @throws SwarmError `model_not_found` */
  async model(name: string): Promise<ModelRecord> {
    return found((await this.#store.get(this.#scope, modelKey(name)))?.value, name)
  }

  /** The pieces of a version as base64, in order. @throws SwarmError `model_not_found`, also where it has just left */
  async pieces(model: ModelRecord, version: number): Promise<readonly string[]> {
    const kept = model.versions.find((candidate) => candidate.version === version)
    const missing = new SwarmError('model_not_found', { model: model.model, version })
    if (kept === undefined) throw missing
    const texts: string[] = []
    for (let index = 0; index * CHUNK_BYTES < bytesOf(model); index++) {
      const key = { kind: CHUNK_RECORDS, id: chunkId(kept.blobId, index) }
      const chunk = await this.#store.get(this.#scope, key)
      if (chunk === undefined) throw missing
      texts.push(chunk.value)
    }
    return texts
  }

  /** Newest first. */
  async rounds(): Promise<readonly RoundState[]> {
    const rounds: RoundState[] = []
    for await (const { value } of allRecords(this.#store, this.#scope, ROUND_RECORDS)) rounds.unshift(value)
    return rounds
  }

  /** @throws SwarmError `round_not_found` */
  async round(roundId: string): Promise<RoundState> {
    const round = await this.#store.get(this.#scope, roundKey(roundId))
    if (round === undefined) throw new SwarmError('round_not_found', { roundId })
    return round.value
  }
}
