import type { WebSocket } from 'ws'
import type { Problem } from '#contract/index.ts'
import { errorFromProblem, SwarmApiError } from './swarm-api-error.ts'

/** Calls back with what the server answered instead of opening a WebSocket. */
export function onUpgradeRefused(
  socket: WebSocket,
  url: string,
  callback: (error: SwarmApiError) => void,
): void {
  socket.once('unexpected-response', (_request, response) => {
    let text = ''
    response.setEncoding('utf8')
    response.on('data', (chunk: string) => (text += chunk))
    response.once('close', () => {
      callback(refusal(text, response.statusCode ?? 0, url))
      socket.terminate()
    })
  })
}

function refusal(text: string, status: number, url: string): SwarmApiError {
  try {
    return errorFromProblem(JSON.parse(text) as Problem)
  } catch {
    const message = `${url} answered ${status} instead of opening a WebSocket`
    return new SwarmApiError({ code: 'connection_failed', message, status, retryable: true })
  }
}
