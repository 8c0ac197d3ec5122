import type { SimProcess } from './sim-process.ts'
import type { World } from './world.ts'

export type Side = 'agent' | 'server'

export interface SocketEnd {
  readonly process: SimProcess
  onMessage(message: unknown): void
  /** The other side closed, or the line is cut. Called once, and not for a close of one's own. */
  onClosed(): void
}

/** So often a frame is delivered twice, or overtaken by later ones. */
const DUPLICATE_RATIO = 0.05
const OVERTAKEN_RATIO = 0.05
const OVERTAKEN_BY_MS = 300

/**
 * A connection between an agent and a node. In order and once, as TCP has it, unless the scenario wants a middle that
 * repeats and reorders: the swarm must not depend on either.
 */
export class SimSocket {
  readonly #world: World
  readonly #ends: Record<Side, SocketEnd>
  readonly #arrivesAt: Record<Side, number> = { agent: 0, server: 0 }
  readonly #isClosed: Record<Side, boolean> = { agent: false, server: false }

  constructor(world: World, ends: Record<Side, SocketEnd>) {
    this.#world = world
    this.#ends = ends
  }

  isOpen(side: Side): boolean {
    return !this.#isClosed[side]
  }

  send(to: Side, message: unknown): void {
    const world = this.#world
    if (this.#isClosed[other(to)]) return
    this.#carry(to, message, this.#inOrder(to))
    if (world.has('duplicates') && world.happens(DUPLICATE_RATIO)) this.#carry(to, message, this.#inOrder(to))
  }

  /** Whether a question to the agent's process is answered in time. */
  probe(withinMs: number): Promise<boolean> {
    const { clock } = this.#world
    return new Promise((resolve) => {
      clock.setTimer(withinMs, () => resolve(false))
      clock.setTimer(this.#inOrder('agent'), () =>
        this.#ends.agent.process.run(() =>
          clock.setTimer(this.#inOrder('server'), () => resolve(this.isOpen('agent'))),
        ),
      )
    })
  }

  /** One side closes; the other hears of it behind everything that was sent before. */
  close(by: Side): void {
    if (this.#isClosed[by]) return
    this.#isClosed[by] = true
    this.#tellClosed(other(by), this.#inOrder(other(by)))
  }

  /** The line breaks: each side notices in its own time, and takes it for the other's close. */
  cut(): void {
    for (const side of ['agent', 'server'] as const) this.#tellClosed(side, this.#inOrder(side))
  }

  #inOrder(to: Side): number {
    const world = this.#world
    const now = world.clock.now
    if (world.has('reordering') && world.happens(OVERTAKEN_RATIO))
      return world.random.integer(OVERTAKEN_BY_MS)
    this.#arrivesAt[to] = Math.max(this.#arrivesAt[to], now + world.latencyMs())
    return this.#arrivesAt[to] - now
  }

  #carry(to: Side, message: unknown, delayMs: number): void {
    const end = this.#ends[to]
    this.#world.clock.setTimer(delayMs, () =>
      end.process.run(() => {
        if (!this.#isClosed[to]) end.onMessage(message)
      }),
    )
  }

  #tellClosed(side: Side, delayMs: number): void {
    const end = this.#ends[side]
    this.#world.clock.setTimer(delayMs, () => {
      end.process.run(() => {
        if (this.#isClosed[side]) return
        this.#isClosed[side] = true
        end.onClosed()
      })
    })
  }
}

function other(side: Side): Side {
  return side === 'agent' ? 'server' : 'agent'
}
