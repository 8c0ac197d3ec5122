import { once } from 'node:events'
import type { Server } from 'node:http'
import { Server as NetServer } from 'node:net'
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'

/** So many turns of the event loop without a new connection, this long each, mean that none is on its way. */
const QUIET_TURNS = 10
const TURN_MS = 5
const QUIET_WAIT_MS_MAX = 1_000

/**
 * The connections of the HTTP server, and their orderly end. A connection that the server closes while its client sends
 * the next request costs the client that request; so the server asks clients to close, and waits.
 */
export class ConnectionDrain {
  readonly #server: Server
  #isEnding = false
  #acceptedCount = 0

  constructor(app: FastifyInstance) {
    this.#server = app.server
    app.server.on('connection', () => {
      this.#acceptedCount += 1
    })
    app.addHook('onSend', async (request, reply) => {
      // A client that still sends its body would not see an answer after which the connection closes.
      if (this.#isEnding && request.raw.complete) reply.header('connection', 'close')
    })
  }

  /** From now on each answer asks its client to close the connection and to open a new one. */
  endEach(): void {
    this.#isEnding = true
  }

  /**
   * Takes no new connections, and resolves when all are closed: those in use after their next answer, idle ones by the
   * keep-alive time-out that their clients were told of.
   *
   * @returns false where some are left after `waitMsMax`
   */
  async end(waitMsMax: number): Promise<boolean> {
    if (!this.#server.listening) return true
    await this.#whenQuiet()
    const closed = once(this.#server, 'close')
    // Not the HTTP server's own `close`, which would close idle connections at once.
    NetServer.prototype.close.call(this.#server)
    this.endEach()
    const timeout = new AbortController()
    const isClosed = await Promise.race([
      closed.then(() => true),
      sleep(waitMsMax, false, { signal: timeout.signal }).catch(() => false),
    ])
    timeout.abort()
    return isClosed
  }

  /**
   * A connection that the kernel has taken and the server has not is reset when the server stops listening. So clients
   * may keep their connections for a moment, until no new ones come.
   */
  async #whenQuiet(): Promise<void> {
    this.#isEnding = false
    const endsAt = performance.now() + QUIET_WAIT_MS_MAX
    for (let quietTurns = 0; quietTurns < QUIET_TURNS && performance.now() < endsAt; ) {
      const before = this.#acceptedCount
      await sleep(TURN_MS)
      await nextTurn()
      quietTurns = this.#acceptedCount === before ? quietTurns + 1 : 0
    }
  }
}
