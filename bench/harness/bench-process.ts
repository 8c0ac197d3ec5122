import { once } from 'node:events'
import { type OwnedProcess, spawnSource } from '../../test/helpers/process.ts'
import { type CallAnswer, type Calls, READY } from './calls.ts'

const CALL_TIMEOUT_MS = 120_000

interface PendingCall {
  readonly resolve: (result: unknown) => void
  readonly reject: (error: Error) => void
  readonly timer: NodeJS.Timeout
}

/**
 * A program of the bench in a Node of its own, called over the process channel.
 *
 * `T` is the type of what the program gives to `answerCalls`.
 */
export class BenchProcess<T extends Calls<T>> {
  readonly #process: OwnedProcess
  readonly #pending = new Map<number, PendingCall>()
  #lastId = 0

  private constructor(process: OwnedProcess) {
    this.#process = process
    process.child.on('message', (answer: CallAnswer) => this.#settle(answer))
    void process.exited.then(() => this.#rejectAll())
  }

  /** `entry` is the path from the repository's root; resolves when the program can be called. */
  static async start<T extends Calls<T>>(
    entry: string,
    args: readonly string[] = [],
  ): Promise<BenchProcess<T>> {
    const process = spawnSource(entry, args, { hasChannel: true })
    const isReady = once(process.child, 'message').then(([message]) => message === READY)
    const isGone = process.exited.then(() => false)
    if (!(await Promise.race([isReady, isGone])))
      throw new Error(`${entry} did not start:\n${process.output}`)
    return new BenchProcess<T>(process)
  }

  call<K extends keyof T & string>(
    name: K,
    ...parameters: Parameters<T[K]>
  ): Promise<Awaited<ReturnType<T[K]>>> {
    const id = ++this.#lastId
    const result = new Promise<unknown>((resolve, reject) => {
      const expire = (): void => reject(new Error(`no answer to ${name}:\n${this.#process.output}`))
      const timer = setTimeout(expire, CALL_TIMEOUT_MS)
      this.#pending.set(id, { resolve, reject, timer })
    })
    this.#process.child.send({ id, name, parameter: parameters[0] })
    return result.finally(() => this.#forget(id)) as Promise<Awaited<ReturnType<T[K]>>>
  }

  /** Stops it in its tracks; its connections stay open. */
  pause(): void {
    this.#process.pause()
  }

  resume(): void {
    this.#process.resume()
  }

  async close(): Promise<void> {
    await this.#process.kill9()
  }

  #settle(answer: CallAnswer): void {
    const pending = this.#pending.get(answer.id)
    if ('error' in answer) pending?.reject(new Error(answer.error))
    else pending?.resolve(answer.result)
  }

  #forget(id: number): void {
    clearTimeout(this.#pending.get(id)?.timer)
    this.#pending.delete(id)
  }

  #rejectAll(): void {
    for (const { reject } of this.#pending.values())
      reject(new Error(`ended early:\n${this.#process.output}`))
  }
}
