import { randomUUID } from 'node:crypto'
import { Agent, request } from 'node:http'
import { text } from 'node:stream/consumers'
import { setTimeout as delay } from 'node:timers/promises'
import type { Problem } from '#contract/problem.ts'

type Refusal = Pick<Problem, 'detail' | 'retryAfterMs'>

const ATTEMPTS_MAX = 20
/** Pause before another try where the connection broke: the server ends what was idle for long. */
const RECONNECT_MS = 100

/**
 * As cheap a client of the REST interface as Node has: connections are kept, and only refusals are read. It does
 * what every client should: a request says with its `Idempotency-Key` that it may be repeated, and is.
 */
export class AmosRest {
  readonly #url: string
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 256 })

  constructor(url: string) {
    this.#url = url
  }

  /**
   * @param path below `/v1/swarms`
   * @throws Error when the answer is not 2xx, and not one to try again after
   */
  async post(path: string, body: unknown): Promise<void> {
    const json = JSON.stringify(body)
    const key = randomUUID()
    for (let attempt = 1; ; attempt++) {
      const problem = await this.#attempt(path, json, key).catch(brokenConnection)
      if (problem === undefined) return
      if (problem.retryAfterMs === undefined || attempt === ATTEMPTS_MAX)
        throw new Error(`POST ${path}: ${JSON.stringify(problem)}`)
      await delay(problem.retryAfterMs)
    }
  }

  #attempt(path: string, json: string, key: string): Promise<Refusal | undefined> {
    return new Promise((resolve, reject) => {
      const sent = request(`${this.#url}/v1/swarms${path}`, {
        method: 'POST',
        agent: this.#agent,
        headers: {
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(json),
          'idempotency-key': key,
        },
      })
      sent.on('error', reject)
      sent.on('response', (response) => {
        const { statusCode = 0 } = response
        response.on('error', reject)
        if (statusCode >= 200 && statusCode < 300) response.on('end', () => resolve(undefined)).resume()
        else text(response).then((problem) => resolve(JSON.parse(problem) as Problem), reject)
      })
      sent.end(json)
    })
  }
}

function brokenConnection(error: Error): Refusal {
  return { detail: error.message, retryAfterMs: RECONNECT_MS }
}
