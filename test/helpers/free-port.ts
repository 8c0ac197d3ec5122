import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'

/**
 * Below the range from which Linux takes the source ports of outgoing connections (32 768 up). A port in
 * that range can be taken by any client while its server is down, and a client that redials its dead
 * server can even be given that very port and connect to itself; the server then never gets it back.
 */
const FIRST_PORT = 15_000
const LAST_PORT = 32_000
const ATTEMPTS_MAX = 50

/** A TCP port on 127.0.0.1 that nobody listened on a moment ago, and that survives restarts of its server. */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    const port = randomInt(FIRST_PORT, LAST_PORT)
    if (await canListen(port)) return port
  }
  throw new Error(`no free port between ${FIRST_PORT} and ${LAST_PORT} after ${ATTEMPTS_MAX} attempts`)
}

function canListen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}
