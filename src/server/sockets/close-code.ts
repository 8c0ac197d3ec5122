import { CLOSE_CODES } from '#contract/frames/frame.ts'

/** How a connection is closed that a problem of this code and status ends. */
export function closeCodeFor(code: string, status: number): number {
  if (code === 'session_superseded') return CLOSE_CODES.superseded
  if (code === 'agent_removed') return CLOSE_CODES.removed
  if (code === 'unauthorized' || code === 'forbidden') return CLOSE_CODES.unauthorized
  if (status === 404) return CLOSE_CODES.notFound
  return status >= 500 || status === 429 ? CLOSE_CODES.tryAgainLater : CLOSE_CODES.policyViolation
}
