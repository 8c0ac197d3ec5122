import type { Problem } from '#contract/index.ts'
import { errorFromProblem, SwarmApiError } from './swarm-api-error.ts'

export const TOO_MANY_REQUESTS = 429

/** What was answered instead of what was asked for. */
export interface Refusal {
  readonly url: string
  readonly status: number
  /** Of the answer. */
  readonly text: string
}

/**
 * The error of a call that was refused. Only a problem document of AMOS is a verdict. What a gateway or a proxy says in
 * the server's place, in whatever words, is as good as no answer: the same call may succeed later.
 */
export function errorFromRefusal({ url, status, text }: Refusal): SwarmApiError {
  const problem = problemIn(text)
  if (problem !== undefined) return errorFromProblem(problem)
  return noAnswer(status, `${url} answered ${status} without a problem document of AMOS`)
}

/** What answered is not the server, or did not say all. */
export function noAnswer(status: number, message: string, options?: ErrorOptions): SwarmApiError {
  const code = isOfGateways(status) ? 'connection_failed' : 'response_invalid'
  return new SwarmApiError({ code, message, status, retryable: true }, options)
}

/** Said of a server that a gateway cannot reach, or that it protects; other statuses hint at a wrong address. */
function isOfGateways(status: number): boolean {
  return status >= 500 || status === TOO_MANY_REQUESTS
}

function problemIn(text: string): Problem | undefined {
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch {
    return undefined
  }
  if (typeof parsed !== 'object' || parsed === null) return undefined
  const { type, code, status } = parsed as Partial<Record<keyof Problem, unknown>>
  const isOurs = typeof code === 'string' && type === `urn:amos:problem:${code}` && typeof status === 'number'
  return isOurs ? (parsed as Problem) : undefined
}
