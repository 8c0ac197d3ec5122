import type {
  TrailCleared,
  TrailDeposits,
  TrailFollow,
  TrailFollowed,
  TrailLevels,
  TrailSetCreate,
  TrailSetPage,
  TrailSetView,
} from '#contract/index.ts'
import type { HttpRequest } from './http-connection.ts'
import { randomKey } from './random-key.ts'
import type { CallOptions, PageOptions } from './swarm-client-options.ts'

/** What is added to one edge; negative weakens it. */
export type TrailDeposit = TrailDeposits['deposits'][number]
/** An edge that can be followed. */
export type TrailOption = TrailFollow['options'][number]
export type TrailFollowInput = Omit<TrailFollow, 'options'>

/** Pheromone trails of a swarm: {@link SwarmClient.trails}. */
export class TrailsClient {
  readonly #call: <T>(request: HttpRequest) => Promise<T>

  constructor(call: <T>(request: HttpRequest) => Promise<T>) {
    this.#call = call
  }

  /** Creates a set, or finds the one of this name and these settings. */
  create(trailSet: TrailSetCreate): Promise<TrailSetView> {
    return this.#call({ method: 'POST', path: '/trails', body: trailSet, isRepeatable: true })
  }

  get(trailSet: string, { signal }: CallOptions = {}): Promise<TrailSetView> {
    return this.#call({ method: 'GET', path: pathOf(trailSet), signal })
  }

  /** By name. */
  list({ signal, ...query }: PageOptions = {}): Promise<TrailSetPage> {
    return this.#call({ method: 'GET', path: '/trails', query, signal })
  }

  /** Removes the set with all its trails. */
  delete(trailSet: string): Promise<void> {
    return this.#call({ method: 'DELETE', path: pathOf(trailSet) })
  }

  /**
   * Adds to up to 10 000 edges at one moment. Safe to repeat: each call carries an `Idempotency-Key`.
   *
   * @param idempotencyKey made up where left out
   */
  deposit(
    trailSet: string,
    deposits: readonly TrailDeposit[],
    { idempotencyKey = randomKey(), signal }: CallOptions & { readonly idempotencyKey?: string } = {},
  ): Promise<TrailSetView> {
    return this.#call({
      method: 'POST',
      path: `${pathOf(trailSet)}/deposits`,
      body: { deposits },
      headers: { 'idempotency-key': idempotencyKey },
      isRepeatable: true,
      signal,
    })
  }

  /** The levels of up to 10 000 edges now, in the order given. */
  async read(trailSet: string, edges: readonly string[], options: CallOptions = {}): Promise<number[]> {
    const { trails } = await this.#post<TrailLevels>(`${pathOf(trailSet)}/read`, { edges }, options.signal)
    return trails.map(({ level }) => level)
  }

  /** Draws among options on the server, with probability ∝ level^alpha · heuristic^beta. */
  async follow(
    trailSet: string,
    options: readonly TrailOption[],
    { signal, ...rule }: TrailFollowInput & CallOptions = {},
  ): Promise<TrailFollowed['chosen']> {
    const path = `${pathOf(trailSet)}/follow`
    return (await this.#post<TrailFollowed>(path, { options, ...rule }, signal)).chosen
  }

  /** The strongest trails, strongest first. */
  async top(
    trailSet: string,
    { signal, ...query }: CallOptions & { readonly countMax?: number; readonly prefix?: string } = {},
  ): Promise<TrailLevels['trails']> {
    const path = `${pathOf(trailSet)}/top`
    return (await this.#call<TrailLevels>({ method: 'GET', path, query, signal })).trails
  }

  /** Takes the deposits of the edges away, or of all where none are named; returns how many edges had one. */
  async clear(trailSet: string, edges?: readonly string[]): Promise<number> {
    const { edgeCount } = await this.#call<TrailCleared>({
      method: 'POST',
      path: `${pathOf(trailSet)}/clear`,
      body: edges === undefined ? {} : { edges },
      headers: { 'idempotency-key': randomKey() },
      isRepeatable: true,
    })
    return edgeCount
  }

  #post<T>(path: string, body: unknown, signal: AbortSignal | undefined): Promise<T> {
    return this.#call({ method: 'POST', path, body, isRepeatable: true, signal })
  }
}

function pathOf(trailSet: string): string {
  return `/trails/${encodeURIComponent(trailSet)}`
}
