import type { AgentFrameOf } from '#contract/index.ts'
import { LIMITS } from '#contract/limits.ts'
import { cutText } from '#contract/text.ts'
import { disarm, textOf } from '../client/user-code.ts'
import { writeJson } from '../json/raw-json.ts'
import { TaskFailure } from './agent-task.ts'

/** How an attempt ends: the frame that says so, but for a result that is JSON text already. */
export type AgentReport = CompletionFrame | AgentFrameOf<'task.fail'> | AgentFrameOf<'task.release'>

export interface CompletionFrame extends Omit<AgentFrameOf<'task.complete'>, 'result'> {
  readonly resultText: string
}

/** A task, as far as a report names it. */
interface Held {
  readonly taskId: string
  readonly fencingToken: number
}

const MESSAGE_LENGTH_MAX = 4_096
const NO_CODE = 'handler_error'
const CODE_PATTERN = /^[A-Za-z0-9][A-Za-z0-9._:/-]{0,127}$/

/** Of what a handler returned. A result that no frame can carry fails the task, and trying again would not help. */
export function completion(held: Held, returned: unknown): AgentReport {
  const { taskId, fencingToken } = held
  let text: string
  try {
    const written = writeJson(returned)
    // Functions and symbols have no JSON: like undefined they count as nothing.
    text = written ?? 'null'
  } catch (error) {
    return failure(held, notJson(error), 'fail')
  }
  const byteLength = Buffer.byteLength(text)
  if (byteLength > LIMITS.payloadBytesMax) return failure(held, tooLarge(byteLength), 'fail')
  return { type: 'task.complete', taskId, fencingToken, resultText: text }
}

/** Of what a handler threw. */
export function failureOf(held: Held, thrown: unknown): AgentReport {
  return failure(held, thrown, isFinal(thrown) ? 'fail' : 'retry')
}

export function rejection(held: Held, error: Error | string): AgentReport {
  return failure(
    held,
    typeof error === 'string' ? new TaskFailure(error, { code: 'rejected' }) : error,
    'reject',
  )
}

export function release({ taskId, fencingToken }: Held, reason: string): AgentReport {
  return {
    type: 'task.release',
    taskId,
    fencingToken,
    reason: cutText(textOf(reason), LIMITS.textLengthMax),
  }
}

function failure(
  { taskId, fencingToken }: Held,
  thrown: unknown,
  kind: 'retry' | 'fail' | 'reject',
): AgentReport {
  disarm(thrown)
  const message = cutText(textOf(thrown), MESSAGE_LENGTH_MAX)
  return { type: 'task.fail', taskId, fencingToken, failure: { code: codeOf(thrown), message }, kind }
}

/** What was thrown is user code: even asking for its kind may throw. */
function isFinal(thrown: unknown): boolean {
  try {
    return thrown instanceof TaskFailure && !thrown.retryable
  } catch {
    return false
  }
}

/** Errors of Node and of many packages bear a code, too: `ENOENT` says more than `handler_error`. */
function codeOf(thrown: unknown): string {
  try {
    const code: unknown = thrown instanceof Error && 'code' in thrown ? thrown.code : undefined
    return typeof code === 'string' && CODE_PATTERN.test(code) ? code : NO_CODE
  } catch {
    return NO_CODE
  }
}

function notJson(cause: unknown): TaskFailure {
  return new TaskFailure('the result cannot be written as JSON', { code: 'result_invalid', cause })
}

function tooLarge(byteLength: number): TaskFailure {
  const message = `the result has ${byteLength} bytes as JSON, and ${LIMITS.payloadBytesMax} are allowed`
  return new TaskFailure(message, { code: 'result_too_large' })
}
