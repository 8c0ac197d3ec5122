import type { RaftMessage } from '#domain/consensus/raft/raft-message.ts'
import type { AgentId } from '#domain/model/ids.ts'
import type { SeededRandom } from '#simulation/seeded-random.ts'
import type { VirtualTime } from '../bft/virtual-time.ts'

/** Loses, delays, repeats and reorders, and keeps some from some others, one way or both; until it is told to behave. */
export class HostileNetwork {
  readonly #random: SeededRandom
  readonly #time: VirtualTime
  readonly #deliver: (message: RaftMessage) => void
  readonly #cuts = new Set<string>()
  #dropRatio = 0
  #repeatRatio = 0
  #lateRatio = 0
  #isCalm = false
  /** Added to every way, in milliseconds. */
  extraDelayMs = 0

  constructor(random: SeededRandom, time: VirtualTime, deliver: (message: RaftMessage) => void) {
    this.#random = random
    this.#time = time
    this.#deliver = deliver
  }

  send(message: RaftMessage): void {
    if (this.#cuts.has(way(message.from, message.to)) || this.#random.next() < this.#dropRatio) return
    this.#schedule(message)
    if (this.#random.next() < this.#repeatRatio) this.#schedule(message)
  }

  cut(from: AgentId, to: AgentId): void {
    if (!this.#isCalm) this.#cuts.add(way(from, to))
  }

  /** Cuts all ways between two groups. */
  split(one: readonly AgentId[], other: readonly AgentId[]): void {
    for (const a of one) {
      for (const b of other) {
        this.cut(a, b)
        this.cut(b, a)
      }
    }
  }

  mend(): void {
    this.#cuts.clear()
  }

  /** Everything arrives badly from now on, in another way than before. */
  turn(): void {
    this.#dropRatio = this.#random.pick([0, 0, 0.05, 0.3])
    this.#repeatRatio = this.#random.pick([0, 0.05, 0.3])
    this.#lateRatio = this.#random.pick([0, 0.02, 0.1])
  }

  /** No faults any more; what is under way still comes when it comes. */
  calm(): void {
    this.mend()
    this.#dropRatio = 0
    this.#repeatRatio = 0
    this.#lateRatio = 0
    this.#isCalm = true
  }

  #schedule(message: RaftMessage): void {
    const isLate = this.#random.next() < this.#lateRatio
    const delayMs = isLate ? 20 + this.#random.next() * 500 : 0.5 + this.#random.next() * 3
    this.#time.after(delayMs + this.extraDelayMs, () => this.#deliver(message))
  }
}

function way(from: AgentId, to: AgentId): string {
  return `${from}>${to}`
}
