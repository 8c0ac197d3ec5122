import type {
  ModelCreate,
  ModelEvaluation,
  ModelList,
  ModelView,
  RoundEnd,
  RoundList,
  RoundOpenInput,
  RoundView,
} from '#contract/index.ts'
import type { HttpRequest } from './http-connection.ts'
import { bytesOfNumbers, type NumberFormat, numbersOfBytes } from './model-numbers.ts'
import type { CallOptions } from './swarm-client-options.ts'

export interface ModelClientModules {
  /** A call under the swarm's own path. */
  call<T>(request: HttpRequest): Promise<T>
  /** The same for an answer that is no JSON. */
  open(request: HttpRequest): Promise<Response>
}

/** A version of a model and its numbers. */
export interface ModelContent {
  readonly version: number
  readonly format: NumberFormat
  readonly numbers: Float64Array
}

export interface ModelUpdate {
  /** The version that the agent started from. */
  readonly baseVersion: number
  /** Samples that the agent trained on. */
  readonly sampleCount: number
  readonly numbers: ArrayLike<number>
  readonly format: NumberFormat
  /** What the agent measured, for those who look at the round. */
  readonly loss?: number
}

const BYTES = { 'content-type': 'application/octet-stream' }

/** Models that agents train together, and the rounds in which they do: {@link SwarmClient.models}. */
export class ModelClient {
  readonly #modules: ModelClientModules

  constructor(modules: ModelClientModules) {
    this.#modules = modules
  }

  /** A model has no version before {@link upload}. */
  create(model: ModelCreate): Promise<ModelView> {
    return this.#post('', model)
  }

  async list({ signal }: CallOptions = {}): Promise<readonly ModelView[]> {
    return (await this.#get<ModelList>('/learning/models', signal)).models
  }

  /** Makes the numbers a version of the model, from which clients start. */
  upload(model: string, numbers: ArrayLike<number>, format: NumberFormat): Promise<ModelView> {
    const path = `${modelPath(model)}/versions`
    const bytes = bytesOfNumbers(numbers, format)
    return this.#modules.call({ method: 'POST', path, headers: BYTES, bytes })
  }

  /** @param version the current one by default */
  async read(model: string, version?: number, { signal }: CallOptions = {}): Promise<ModelContent> {
    const path = `${modelPath(model)}/versions/${version ?? 'current'}/content`
    const response = await this.#modules.open({ method: 'GET', path, signal })
    const format = response.headers.get('x-model-format') === 'float32' ? 'float32' : 'float64'
    const numbers = numbersOfBytes(await response.arrayBuffer(), format)
    return { version: Number(response.headers.get('x-model-version')), format, numbers }
  }

  /** Clients start from the version again. */
  rollBack(model: string, version: number): Promise<ModelView> {
    return this.#post(`/${encodeURIComponent(model)}/rollback`, { version })
  }

  /** Reports what was measured of a version, so that versions can be compared. */
  evaluate(model: string, version: number, evaluation: ModelEvaluation): Promise<ModelView> {
    return this.#post(`/${encodeURIComponent(model)}/versions/${version}/evaluations`, evaluation)
  }

  /** Asks agents to train the current version of a model. */
  openRound(round: RoundOpenInput): Promise<RoundView> {
    return this.#modules.call({ method: 'POST', path: '/learning/rounds', body: round })
  }

  /** Newest first. */
  async rounds({ signal }: CallOptions = {}): Promise<readonly RoundView[]> {
    return (await this.#get<RoundList>('/learning/rounds', signal)).rounds
  }

  round(roundId: string, { signal }: CallOptions = {}): Promise<RoundView> {
    return this.#get(roundPath(roundId), signal)
  }

  /** Sends what an agent trained. @throws SwarmApiError `update_refused` with the reason */
  sendUpdate(roundId: string, agentId: string, update: ModelUpdate): Promise<RoundView> {
    const { numbers, format, ...query } = update
    const path = `${roundPath(roundId)}/updates/${encodeURIComponent(agentId)}`
    return this.#modules.call({
      method: 'POST',
      path,
      query,
      headers: BYTES,
      bytes: bytesOfNumbers(numbers, format),
    })
  }

  /** The round does not wait for the agent. */
  decline(roundId: string, agentId: string): Promise<RoundView> {
    const path = `${roundPath(roundId)}/updates/${encodeURIComponent(agentId)}/decline`
    return this.#modules.call({ method: 'POST', path })
  }

  /** Takes no more updates and aggregates those that are there. Agents name the leadership under which they order it. */
  closeRound(roundId: string, order: RoundEnd = {}): Promise<RoundView> {
    return this.#modules.call({ method: 'POST', path: `${roundPath(roundId)}/close`, body: order })
  }

  cancelRound(roundId: string, order: RoundEnd = {}): Promise<RoundView> {
    return this.#modules.call({ method: 'POST', path: `${roundPath(roundId)}/cancel`, body: order })
  }

  #post(path: string, body: object): Promise<ModelView> {
    return this.#modules.call({ method: 'POST', path: `/learning/models${path}`, body })
  }

  #get<T>(path: string, signal: AbortSignal | undefined): Promise<T> {
    return this.#modules.call({ method: 'GET', path, signal })
  }
}

function modelPath(model: string): string {
  return `/learning/models/${encodeURIComponent(model)}`
}

function roundPath(roundId: string): string {
  return `/learning/rounds/${encodeURIComponent(roundId)}`
}
