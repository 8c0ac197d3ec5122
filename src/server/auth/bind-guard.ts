import { isIP } from 'node:net'

/** Thrown before anything listens. */
export class OpenServerError extends Error {
  override readonly name = 'OpenServerError'
}

/** @throws OpenServerError unless the server has keys or nobody else can reach it */
export function refuseOpenServer(host: string, hasKeys: boolean): void {
  if (hasKeys || isLoopback(host)) return
  throw new OpenServerError(
    `refusing to listen on ${host} without credentials: set AMOS_API_KEYS, or listen on 127.0.0.1`,
  )
}

function isLoopback(host: string): boolean {
  if (isIP(host) === 4) return host.startsWith('127.')
  return host === '::1' || host.toLowerCase() === 'localhost'
}
