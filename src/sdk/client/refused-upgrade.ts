import type { WebSocket } from 'ws'
import { startTimer } from '#infra/system/timer.ts'
import { errorFromRefusal } from './refusal.ts'
import type { SwarmApiError } from './swarm-api-error.ts'

/** A gateway may answer with a page of any length, and never end it. */
const TEXT_LENGTH_MAX = 64 * 1_024
const TEXT_WITHIN_MS = 5_000

/** Calls back once with what the server, or something in its place, answered instead of opening a WebSocket. */
export function onUpgradeRefused(
  socket: WebSocket,
  url: string,
  callback: (error: SwarmApiError) => void,
): void {
  socket.once('unexpected-response', (_request, response) => {
    let text = ''
    let isTold = false
    const tell = (): void => {
      if (isTold) return
      isTold = true
      cancel()
      callback(errorFromRefusal({ url, status: response.statusCode ?? 0, text }))
      socket.terminate()
    }
    const cancel = startTimer(TEXT_WITHIN_MS, tell)
    response.setEncoding('utf8')
    response.on('data', (chunk: string) => {
      text += chunk
      if (text.length > TEXT_LENGTH_MAX) tell()
    })
    response.on('error', () => undefined)
    response.once('close', tell)
  })
}
