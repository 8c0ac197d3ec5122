import { Worker, type WorkerOptions } from 'node:worker_threads'
import { errorOf, type ThreadReply, type ThreadRequest } from './thread-messages.ts'

interface Waiting {
  readonly sessionId: number
  resolve(result: unknown): void
  reject(error: Error): void
}

/** How much memory a thread may use: Node's own limits where left out. */
export type ThreadOptions = Pick<WorkerOptions, 'resourceLimits'>

/** One thread and the sessions on it. */
export class PooledThread {
  readonly #worker: Worker
  readonly #waiting = new Map<number, Waiting>()
  readonly #lostListeners = new Map<number, () => void>()
  #lastCallId = 0

  constructor(options: ThreadOptions, onEnd: (thread: PooledThread) => void) {
    this.#worker = startThread(options)
    this.#worker.unref()
    this.#worker.on('message', (reply: ThreadReply) => this.#settle(reply))
    const end = (reason: string): void => {
      onEnd(this)
      this.#lose(new Error(`the worker thread ended: ${reason}`))
    }
    this.#worker.once('error', (error) => end(error.message))
    this.#worker.once('exit', (code) => end(`exit code ${code}`))
  }

  get sessionCount(): number {
    return this.#lostListeners.size
  }

  open(sessionId: number, program: string, options: unknown, onLost: () => void): void {
    this.#lostListeners.set(sessionId, onLost)
    this.#post({ type: 'open', sessionId, program, options })
  }

  call(
    sessionId: number,
    method: string,
    argument: unknown,
    transfer: readonly ArrayBuffer[],
  ): Promise<unknown> {
    if (!this.#lostListeners.has(sessionId)) return Promise.reject(new Error('the worker session has ended'))
    this.#lastCallId += 1
    const callId = this.#lastCallId
    return new Promise((resolve, reject) => {
      this.#waiting.set(callId, { sessionId, resolve, reject })
      try {
        this.#post({ type: 'call', sessionId, callId, method, argument }, transfer)
      } catch (error) {
        // What cannot be cloned is refused before it is sent.
        this.#waiting.delete(callId)
        reject(error)
      }
    })
  }

  close(sessionId: number): void {
    if (!this.#lostListeners.delete(sessionId)) return
    for (const [callId, waiting] of this.#waiting) {
      if (waiting.sessionId !== sessionId) continue
      this.#waiting.delete(callId)
      waiting.reject(new Error('the worker session was closed'))
    }
    this.#post({ type: 'close', sessionId })
  }

  async end(): Promise<void> {
    this.#lostListeners.clear()
    await this.#worker.terminate()
  }

  #post(request: ThreadRequest, transfer: readonly ArrayBuffer[] = []): void {
    this.#worker.postMessage(request, [...transfer])
  }

  #settle(reply: ThreadReply): void {
    const waiting = this.#waiting.get(reply.callId)
    if (waiting === undefined) return
    this.#waiting.delete(reply.callId)
    if ('failure' in reply) waiting.reject(errorOf(reply.failure))
    else waiting.resolve(reply.result)
  }

  #lose(error: Error): void {
    const [waiting, listeners] = [[...this.#waiting.values()], [...this.#lostListeners.values()]]
    this.#waiting.clear()
    this.#lostListeners.clear()
    for (const { reject } of waiting) reject(error)
    for (const onLost of listeners) onLost()
  }
}

/** The built files run in plain Node. Sources need tsx, which does not reach a thread by `--import` and is started there. */
function startThread(options: ThreadOptions): Worker {
  const isSource = import.meta.url.endsWith('.ts')
  const entry = new URL(`./worker-thread.${isSource ? 'ts' : 'js'}`, import.meta.url)
  if (!isSource) return new Worker(entry, options)
  const load = `import('tsx/esm/api').then(({ register }) => { register(); return import(${JSON.stringify(entry.href)}) })`
  return new Worker(load, { ...options, eval: true, execArgv: ['--conditions=source'] })
}
