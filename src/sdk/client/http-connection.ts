import type { Problem } from '#contract/index.ts'
import type { OpaqueShape } from '#contract/json/opaque-shape.ts'
import { readJson } from '../json/exact-texts.ts'
import { writeJson } from '../json/raw-json.ts'
import { Backoff, pause } from './backoff.ts'
import { connectionFailed, errorFromProblem, SwarmApiError } from './swarm-api-error.ts'

/** Which server, and how patiently it is asked. */
export interface HttpConnectionOptions {
  /** Where the server is, for instance `http://127.0.0.1:3000`. Several name the nodes of one cluster. */
  readonly url: string | readonly string[]
  /** An API key or agent token. A server without keys, on loopback, needs none. */
  readonly apiKey?: string
  /** How long to go on trying a call that may be repeated, in milliseconds. Default 15 000; 0: try once. */
  readonly retryForMs?: number
  /** How long to wait for one answer, in milliseconds. Default 30 000. */
  readonly timeoutMs?: number
  /** Used instead of the global `fetch`. */
  readonly fetch?: typeof globalThis.fetch
}

export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE'
  readonly path: string
  /** Names and plain values; those that are undefined are left out. */
  readonly query?: object
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: unknown
  /** Where the answer holds payloads and results, whose exact texts are wanted. */
  readonly opaque?: OpaqueShape | undefined
  /** A status beyond 2xx that is an answer like any other. */
  readonly alsoAnswers?: number
  /** Whether doing it twice is as good as once: then it is repeated when it fails for a while. */
  readonly isRepeatable?: boolean
  readonly timeoutMs?: number | undefined
  readonly signal?: AbortSignal | undefined
}

const FIRST_WAIT_MAX_MS = 200
const WAIT_MAX_MS = 3_000
const TIMEOUT_MS = 30_000

/** One tenant's way to the server, or to the nodes of a cluster: whichever answers. */
export class HttpConnection {
  readonly #urls: readonly string[]
  readonly #options: HttpConnectionOptions
  #current = 0

  /** @throws TypeError when no URL is given or one is none */
  constructor(options: HttpConnectionOptions) {
    this.#urls = [options.url].flat().map(baseOf)
    if (this.#urls.length === 0) throw new TypeError('no server URL given')
    this.#options = options
  }

  /** The server that is asked now, without a slash at its end. */
  get url(): string {
    return this.#urls[this.#current] ?? ''
  }

  get apiKey(): string | undefined {
    return this.#options.apiKey
  }

  /** Turns to the next server, where there are several. */
  turn(): void {
    this.#current = (this.#current + 1) % this.#urls.length
  }

  /**
   * The decoded answer; undefined where it has no content.
   *
   * @throws SwarmApiError when the server refuses, or none answers
   */
  async call<T>(request: HttpRequest): Promise<T> {
    const backoff = new Backoff({ minMs: 20, baseMs: FIRST_WAIT_MAX_MS, maxMs: WAIT_MAX_MS })
    const giveUpAt = performance.now() + (this.#options.retryForMs ?? 15_000)
    for (;;) {
      try {
        const limit = AbortSignal.timeout(request.timeoutMs ?? this.#options.timeoutMs ?? TIMEOUT_MS)
        return (await decode(await this.#send(request, limit), request.opaque)) as T
      } catch (error) {
        if (!(error instanceof SwarmApiError) || !mayRepeat(error, request)) throw error
        const waitMs = Math.max(backoff.nextMs(), error.retryAfterMs ?? 0)
        if (performance.now() + waitMs > giveUpAt) throw error
        await pause(waitMs, request.signal)
      }
    }
  }

  /**
   * One try, for an answer that may go on for ever: only its beginning is waited for with a limit, and reading it is
   * the caller's.
   *
   * @throws SwarmApiError as {@link call} does
   */
  async open(request: HttpRequest): Promise<Response> {
    const limit = new AbortController()
    const timer = setTimeout(
      () => limit.abort(new Error('no answer in time')),
      request.timeoutMs ?? TIMEOUT_MS,
    )
    try {
      return await this.#send(request, limit.signal)
    } finally {
      clearTimeout(timer)
    }
  }

  async #send(request: HttpRequest, limit: AbortSignal): Promise<Response> {
    const { url } = this
    const { method, body } = request
    let response: Response
    try {
      response = await (this.#options.fetch ?? globalThis.fetch)(
        url + request.path + queryText(request.query),
        {
          method,
          headers: this.#headersOf(request),
          ...(body === undefined ? {} : { body: writeJson(body) ?? 'null' }),
          signal: request.signal === undefined ? limit : AbortSignal.any([limit, request.signal]),
        },
      )
    } catch (error) {
      request.signal?.throwIfAborted()
      this.turn()
      throw connectionFailed(url, error)
    }
    if (!response.ok && response.status !== request.alsoAnswers) throw await this.#refusal(response)
    return response
  }

  async #refusal(response: Response): Promise<SwarmApiError> {
    const error = await refusalOf(response)
    // A node that drains or lost its store may have a healthy neighbour.
    if (response.status === 503) this.turn()
    return error
  }

  #headersOf({ body, headers }: HttpRequest): Record<string, string> {
    return {
      accept: 'application/json',
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(this.apiKey === undefined ? {} : { authorization: `Bearer ${this.apiKey}` }),
      ...headers,
    }
  }
}

/** What a request that may not be repeated is still repeated for: it was turned away at the door. */
const REFUSED_AT_THE_DOOR: ReadonlySet<string> = new Set(['rate_limited', 'overloaded'])

function mayRepeat(error: SwarmApiError, { isRepeatable, method }: HttpRequest): boolean {
  if (!error.retryable) return false
  return isRepeatable ?? (method === 'GET' || REFUSED_AT_THE_DOOR.has(error.code))
}

async function decode(response: Response, opaque: OpaqueShape | undefined): Promise<unknown> {
  if (response.status === 204) return undefined
  const text = await readText(response)
  if (!(response.headers.get('content-type') ?? '').toLowerCase().includes('json')) return text
  try {
    return opaque === undefined ? JSON.parse(text) : readJson(text, opaque)
  } catch (error) {
    throw new SwarmApiError(
      {
        code: 'response_invalid',
        message: `${response.url} answered with broken JSON`,
        status: response.status,
      },
      { cause: error },
    )
  }
}

/** The connection may break in the middle of an answer. */
async function readText(response: Response): Promise<string> {
  try {
    return await response.text()
  } catch (error) {
    throw connectionFailed(response.url, error)
  }
}

async function refusalOf(response: Response): Promise<SwarmApiError> {
  const text = await readText(response)
  const problem = parseProblem(text)
  if (problem !== undefined) return errorFromProblem(problem)
  const { status, statusText, url } = response
  // Proxies answer in their own words: 5xx of theirs is as good as no answer.
  const isPassing = status === 502 || status === 503 || status === 504
  return new SwarmApiError({
    code: isPassing ? 'connection_failed' : 'response_invalid',
    message: `${url} answered ${status} ${statusText} without a problem document`,
    status,
    retryable: isPassing,
  })
}

function parseProblem(text: string): Problem | undefined {
  try {
    const parsed = JSON.parse(text) as Partial<Problem> | null
    return typeof parsed?.code === 'string' && typeof parsed.status === 'number'
      ? (parsed as Problem)
      : undefined
  } catch {
    return undefined
  }
}

function queryText(query: object = {}): string {
  const given = Object.entries(query).filter(([, value]: [string, unknown]) => value !== undefined)
  if (given.length === 0) return ''
  return `?${new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString()}`
}

function baseOf(url: string): string {
  const { protocol } = new URL(url)
  if (protocol !== 'http:' && protocol !== 'https:') throw new TypeError(`not an http(s) URL: ${url}`)
  return url.replace(/\/+$/, '')
}
