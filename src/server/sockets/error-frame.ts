import type { ErrorFrame } from '#contract/frames/answer-frames.ts'
import type { RequestId } from '#contract/frames/frame.ts'
import type { ProblemBody } from '../problem/problem.ts'

export function errorFrame(
  { type: _, ...problem }: ProblemBody,
  requestId: RequestId | undefined,
): ErrorFrame {
  return { type: 'error', ...(requestId === undefined ? {} : { requestId }), ...problem }
}
