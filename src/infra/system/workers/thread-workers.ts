import { availableParallelism } from 'node:os'
import type { WorkerMethods, WorkerProgram, WorkerSession, Workers } from '#domain/ports/workers.ts'
import { PooledThread, type ThreadOptions } from './pooled-thread.ts'

/**
 * Workers in threads: half of the machine's cores for jobs and as many for sessions, at least one of each. A thread
 * starts with its first use and does not keep the process alive.
 */
export class ThreadWorkers implements Workers {
  readonly #threadsMax = Math.max(1, Math.floor(availableParallelism() / 2))
  readonly #jobThreads = new Set<PooledThread>()
  readonly #sessionThreads = new Set<PooledThread>()
  readonly #options: ThreadOptions
  #lastSessionId = 0
  #isClosed = false

  constructor(options: ThreadOptions = {}) {
    this.#options = options
  }

  async run<Options, Methods extends WorkerMethods, Name extends keyof Methods & string>(
    program: WorkerProgram<Options, Methods>,
    options: Options,
    method: Name,
    argument: Parameters<Methods[Name]>[0],
  ): Promise<Awaited<ReturnType<Methods[Name]>>> {
    const session = this.#openOn(this.#jobThreads, program, options, () => undefined)
    try {
      return await session.call(method, argument)
    } finally {
      session.close()
    }
  }

  open<Options, Methods extends WorkerMethods>(
    program: WorkerProgram<Options, Methods>,
    options: Options,
    onLost: () => void,
  ): WorkerSession<Methods> {
    return this.#openOn(this.#sessionThreads, program, options, onLost)
  }

  async close(): Promise<void> {
    this.#isClosed = true
    const threads = [...this.#jobThreads, ...this.#sessionThreads]
    await Promise.all(threads.map((thread) => thread.end()))
  }

  #openOn<Options, Methods extends WorkerMethods>(
    threads: Set<PooledThread>,
    program: WorkerProgram<Options, Methods>,
    options: Options,
    onLost: () => void,
  ): WorkerSession<Methods> {
    if (this.#isClosed) throw new Error('the workers are closed')
    const thread = this.#leastUsed(threads)
    this.#lastSessionId += 1
    const sessionId = this.#lastSessionId
    thread.open(sessionId, program.name, options, onLost)
    return {
      call: (method, argument, transfer = []) =>
        thread.call(sessionId, method, argument, transfer) as ReturnType<WorkerSession<Methods>['call']>,
      close: () => thread.close(sessionId),
    }
  }

  #leastUsed(threads: Set<PooledThread>): PooledThread {
    const idle = [...threads].toSorted((a, b) => a.sessionCount - b.sessionCount)[0]
    if (idle !== undefined && (idle.sessionCount === 0 || threads.size >= this.#threadsMax)) return idle
    const started = new PooledThread(this.#options, (ended) => threads.delete(ended))
    threads.add(started)
    return started
  }
}
