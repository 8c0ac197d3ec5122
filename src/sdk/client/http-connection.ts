import type { OpaqueShape } from '#contract/json/opaque-shape.ts'
import { checkDurationMs, timeLimit } from '#infra/system/timer.ts'
import { readJson } from '../json/exact-texts.ts'
import { writeJson } from '../json/raw-json.ts'
import { Backoff, pause } from './backoff.ts'
import { errorFromRefusal, noAnswer, TOO_MANY_REQUESTS } from './refusal.ts'
import { connectionFailed, SwarmApiError } from './swarm-api-error.ts'

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
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly path: string
  /** Names and plain values; those that are undefined are left out. */
  readonly query?: object
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: unknown
  /** Sent as they are, in place of `body`; the headers say what they are. */
  readonly bytes?: Uint8Array<ArrayBuffer>
  /** Where the answer holds payloads and results, whose exact texts are wanted. */
  readonly opaque?: OpaqueShape | undefined
  /** A status beyond 2xx that is an answer like any other, where its body is one. */
  readonly alsoAnswers?: { readonly status: number; isAnswer(body: unknown): boolean }
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

  /** @throws TypeError when no URL is given or one is none; RangeError for a time that is none */
  constructor(options: HttpConnectionOptions) {
    this.#urls = [options.url].flat().map(baseOf)
    if (this.#urls.length === 0) throw new TypeError('no server URL given')
    checkDurationMs('retryForMs', options.retryForMs)
    checkDurationMs('timeoutMs', options.timeoutMs)
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
    // What cannot be written is the caller's mistake, and no failure of the connection.
    const body =
      request.bytes ?? (request.body === undefined ? undefined : (writeJson(request.body) ?? 'null'))
    const backoff = new Backoff({ minMs: 20, baseMs: FIRST_WAIT_MAX_MS, maxMs: WAIT_MAX_MS })
    const giveUpAt = performance.now() + (this.#options.retryForMs ?? 15_000)
    for (;;) {
      const limit = timeLimit(this.#timeoutOf(request))
      try {
        return (await decode(await this.#send(request, body, limit.signal), request.opaque)) as T
      } catch (error) {
        if (!(error instanceof SwarmApiError) || !mayRepeat(error, request)) throw error
        const waitMs = Math.max(backoff.nextMs(), error.retryAfterMs ?? 0)
        if (performance.now() + waitMs > giveUpAt) throw error
        await pause(waitMs, request.signal)
      } finally {
        limit.cancel()
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
    const limit = timeLimit(this.#timeoutOf(request))
    try {
      return await this.#send(request, undefined, limit.signal)
    } finally {
      limit.cancel()
    }
  }

  #timeoutOf({ timeoutMs }: HttpRequest): number {
    return timeoutMs ?? this.#options.timeoutMs ?? TIMEOUT_MS
  }

  async #send(
    request: HttpRequest,
    body: string | Uint8Array<ArrayBuffer> | undefined,
    limit: AbortSignal,
  ): Promise<Response> {
    const { url } = this
    const { method } = request
    let response: Response
    try {
      response = await (this.#options.fetch ?? globalThis.fetch)(
        url + request.path + queryText(request.query),
        {
          method,
          headers: this.#headersOf(request),
          ...(body === undefined ? {} : { body }),
          signal: request.signal === undefined ? limit : AbortSignal.any([limit, request.signal]),
        },
      )
    } catch (error) {
      request.signal?.throwIfAborted()
      this.turn()
      throw connectionFailed(url, error)
    }
    return response.ok ? response : this.#refused(response, request)
  }

  /** @returns the answer, where it is one all the same */
  async #refused(response: Response, { alsoAnswers }: HttpRequest): Promise<Response> {
    const { status, url } = response
    const text = await readText(response)
    if (status === alsoAnswers?.status && alsoAnswers.isAnswer(parsedOrNot(text)))
      return new Response(text, response)
    const error = errorFromRefusal({ url, status, text })
    // A node that drains, lost its store, or stands behind a gateway that fails may have a healthy neighbour.
    if (status === 503 || isNoVerdict(error)) this.turn()
    throw error
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

function isNoVerdict({ code }: SwarmApiError): boolean {
  return code === 'connection_failed' || code === 'response_invalid'
}

/** What a request that may not be repeated is still repeated for: it was turned away at the door. */
const REFUSED_AT_THE_DOOR: ReadonlySet<string> = new Set(['rate_limited', 'overloaded'])

function mayRepeat(error: SwarmApiError, { isRepeatable, method }: HttpRequest): boolean {
  if (!error.retryable) return false
  const isByGateway = error.code === 'connection_failed' && error.status === TOO_MANY_REQUESTS
  return isRepeatable ?? (method === 'GET' || isByGateway || REFUSED_AT_THE_DOOR.has(error.code))
}

async function decode(response: Response, opaque: OpaqueShape | undefined): Promise<unknown> {
  if (response.status === 204) return undefined
  const text = await readText(response)
  const { url, status } = response
  // A page in the server's place, or an answer that was cut off.
  const type = (response.headers.get('content-type') ?? '').toLowerCase()
  if (!type.includes('json')) throw noAnswer(status, `${url} answered without JSON`)
  try {
    return opaque === undefined ? JSON.parse(text) : readJson(text, opaque)
  } catch (error) {
    throw noAnswer(status, `${url} answered with broken JSON`, { cause: error })
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

function parsedOrNot(text: string): unknown {
  try {
    return JSON.parse(text)
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
