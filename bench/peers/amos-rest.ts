import { Agent, request } from 'node:http'
import { text } from 'node:stream/consumers'

/** As cheap a client of the REST interface as Node has: connections are kept, and only refusals are read. */
export class AmosRest {
  readonly #url: string
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 256 })

  constructor(url: string) {
    this.#url = url
  }

  /** @param path below `/v1/swarms` @throws Error when the answer is not 2xx */
  post(path: string, body: unknown): Promise<void> {
    const json = JSON.stringify(body)
    return new Promise((resolve, reject) => {
      const sent = request(`${this.#url}/v1/swarms${path}`, {
        method: 'POST',
        agent: this.#agent,
        headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(json) },
      })
      sent.on('error', reject)
      sent.on('response', (response) => {
        const { statusCode = 0 } = response
        response.on('error', reject)
        if (statusCode >= 200 && statusCode < 300) response.on('end', resolve).resume()
        else void text(response).then((problem) => reject(new Error(`POST ${path}: ${problem}`)), reject)
      })
      sent.end(json)
    })
  }
}
