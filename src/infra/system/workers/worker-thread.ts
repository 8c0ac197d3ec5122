import { parentPort } from 'node:worker_threads'
import type { WorkerMethods } from '#domain/ports/workers.ts'
import { failureOf, type ThreadReply, type ThreadRequest } from './thread-messages.ts'
import { findProgram } from './worker-programs.ts'

// The entry of a thread of `ThreadWorkers`: it runs programs and answers their calls in order.

type Session = { readonly methods: WorkerMethods } | { readonly failure: unknown }

const sessions = new Map<number, Session>()

parentPort?.on('message', (request: ThreadRequest) => {
  if (request.type === 'open') sessions.set(request.sessionId, open(request.program, request.options))
  else if (request.type === 'close') sessions.delete(request.sessionId)
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread's port, not a window
  else parentPort?.postMessage(answer(request))
})

function open(program: string, options: unknown): Session {
  try {
    return { methods: findProgram(program).start(options as never) }
  } catch (failure) {
    // Its first call says so.
    return { failure }
  }
}

function answer({
  sessionId,
  callId,
  method,
  argument,
}: Extract<ThreadRequest, { type: 'call' }>): ThreadReply {
  try {
    const session = sessions.get(sessionId)
    if (session === undefined) throw new Error('the worker session is closed')
    if ('failure' in session) throw session.failure
    const run = session.methods[method]
    if (run === undefined) throw new Error(`the program has no method ${method}`)
    return { callId, result: run.call(session.methods, argument as never) }
  } catch (error) {
    return { callId, failure: failureOf(error) }
  }
}
