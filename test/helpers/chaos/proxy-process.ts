import type { Direction } from '../fault-proxy.ts'
import { type OwnedProcess, spawnProcess } from '../process.ts'
import { bundle } from './bundle.ts'

/** What a {@link ProxyProcess} asks of its proxy; see `FaultProxy`. */
export type ProxyOrder =
  | { readonly type: 'delay'; readonly roundTripMs: number }
  | { readonly type: 'hold'; readonly directions: readonly Direction[] }
  | {
      readonly type: 'hold_subscribers' | 'release_subscribers' | 'cut_subscribers' | 'cut' | 'release'
    }

/** A `FaultProxy` in a process of its own. */
export class ProxyProcess {
  readonly port: number
  readonly #process: OwnedProcess

  private constructor(process: OwnedProcess, port: number) {
    this.#process = process
    this.port = port
  }

  static async start({ targetPort }: { readonly targetPort: number }): Promise<ProxyProcess> {
    const program = await bundle('test/chaos/programs/fault-proxy.ts')
    const owned = spawnProcess(process.execPath, [program, String(targetPort)], { hasChannel: true })
    const line = await owned.waitForLine('listening on')
    return new ProxyProcess(owned, Number(line.split(' ').at(-1)))
  }

  get redisUrl(): string {
    return `redis://127.0.0.1:${this.port}`
  }

  delay(roundTripMs: number): void {
    this.#order({ type: 'delay', roundTripMs })
  }

  hold(...directions: readonly Direction[]): void {
    this.#order({ type: 'hold', directions })
  }

  holdSubscribers(): void {
    this.#order({ type: 'hold_subscribers' })
  }

  releaseSubscribers(): void {
    this.#order({ type: 'release_subscribers' })
  }

  cutSubscribers(): void {
    this.#order({ type: 'cut_subscribers' })
  }

  cut(): void {
    this.#order({ type: 'cut' })
  }

  release(): void {
    this.#order({ type: 'release' })
  }

  async close(): Promise<void> {
    await this.#process.kill9()
  }

  #order(order: ProxyOrder): void {
    this.#process.child.send(order)
  }
}
