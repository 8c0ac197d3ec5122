import type { Socket } from 'node:net'
import type { ProblemCode } from '#contract/problem-codes.ts'
import { problemOf } from './problem.ts'
import { RequestError, type RequestErrorCode } from './request-error.ts'

const CODES: Readonly<Record<string, RequestErrorCode>> = {
  HPE_HEADER_OVERFLOW: 'headers_too_large',
  ERR_HTTP_REQUEST_TIMEOUT: 'request_timeout',
}

const REASONS: Readonly<Partial<Record<ProblemCode, string>>> = {
  headers_too_large: 'Request Header Fields Too Large',
  request_timeout: 'Request Timeout',
  bad_request: 'Bad Request',
}

/** Answers what Node's parser could not make a request of: it is written by hand, and the connection is over. */
export function answerClientError(error: Error & { readonly code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed || !socket.writable) return
  const code = CODES[error.code ?? ''] ?? 'bad_request'
  const problem = problemOf(new RequestError(code, 'This could not be read as an HTTP request.'))
  const body = JSON.stringify({ ...problem, instance: '' })
  socket.end(
    `HTTP/1.1 ${problem.status} ${REASONS[code] ?? ''}\r\nConnection: close\r\n` +
      `Content-Type: application/problem+json; charset=utf-8\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  )
}
