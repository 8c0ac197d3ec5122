import { spreadStrategy } from '#domain/distribution/strategies/spread-strategy.ts'
import type { Observation } from '#domain/intelligence/patterns/observation.ts'
import { agentId, epochMs } from '#domain/model/ids.ts'
import type { SeededRandom } from '#simulation/seeded-random.ts'
import { sampleEntry } from '../sample-records.ts'
import {
  agentName,
  exponential,
  type PatternStream,
  Sequence,
  type StreamShift,
  type StreamStep,
} from './pattern-stream.ts'

const LOAD = 0.9
const BOARD_AGE_S = 5

interface Job {
  readonly taskId: string
  readonly endsAt: number
}

/**
 * Queues of exponential work (mean 1 s) at load 0.9. With the effect each arrival goes to the shortest queue on a board
 * that is up to 5 s old; without it to the shorter of two random queues, seen fresh.
 */
export class QueueStream implements PatternStream {
  readonly #random: SeededRandom
  readonly #queues: Job[][]
  readonly #meanGapS: number
  readonly #meanWorkS: number
  readonly #sequence = new Sequence()
  /** Time from arrival to completion of each task, in seconds. */
  readonly responses: number[] = []
  #spreadUntil = 0
  #board: readonly number[] = []
  #boardAt = Number.NEGATIVE_INFINITY
  #now = 0
  #tasks = 0

  constructor(random: SeededRandom, { agents, rate }: StreamShift) {
    this.#random = random
    this.#queues = Array.from({ length: agents }, () => [])
    this.#meanWorkS = 1 / rate
    this.#meanGapS = this.#meanWorkS / (LOAD * agents)
  }

  step(hasEffect: boolean): StreamStep {
    this.#now += exponential(this.#random, this.#meanGapS)
    const observations = this.#finished()
    const isStale = hasEffect && this.#now >= this.#spreadUntil
    const index =
      this.#now < this.#spreadUntil ? this.#spread() : isStale ? this.#staleShortest() : this.#shorterOfTwo()
    const queue = this.#queues[index] ?? []
    this.#tasks += 1
    const taskId = `task-${this.#tasks}`
    const endsAt = Math.max(this.#now, queue.at(-1)?.endsAt ?? 0) + exponential(this.#random, this.#meanWorkS)
    queue.push({ taskId, endsAt })
    this.responses.push(endsAt - this.#now)
    const at = this.#now * 1_000
    observations.push({
      kind: 'assigned',
      sequence: this.#sequence.next(),
      at,
      taskId,
      taskType: 'work',
      agentId: agentName(index),
    })
    return { observations, units: 1 }
  }

  get now(): number {
    return this.#now * 1_000
  }

  /** The response of the swarm: its own planner places the tasks for this long, in milliseconds. */
  spreadLoad(durationMs: number): void {
    this.#spreadUntil = this.#now + durationMs / 1_000
  }

  #spread(): number {
    const candidates = this.#queues.map(({ length }, index) => ({
      agentId: agentId(agentName(index)),
      capabilities: [],
      slots: 1,
      activeTasks: length,
      freeSlots: 1,
      freeResources: {},
    }))
    const context = {
      now: epochMs(0),
      random: this.#random,
      tasks: [sampleEntry('next')],
      candidatesFor: () => candidates,
      candidate: () => undefined,
      mayStart: () => true,
    }
    const [planned] = spreadStrategy.plan(context)
    return Number(planned?.agentId.slice('agent-'.length) ?? 0)
  }

  #finished(): Observation[] {
    const ended: (Job & { agentId: string })[] = []
    for (const [index, queue] of this.#queues.entries()) {
      while (queue[0] !== undefined && queue[0].endsAt <= this.#now) {
        const job = queue.shift()
        if (job !== undefined) ended.push({ ...job, agentId: agentName(index) })
      }
    }
    return ended
      .toSorted((a, b) => a.endsAt - b.endsAt)
      .map(({ taskId, endsAt, agentId }) => {
        const at = endsAt * 1_000
        return { kind: 'ended', sequence: this.#sequence.next(), at, taskId, agentId, outcome: 'completed' }
      })
  }

  #staleShortest(): number {
    if (this.#now - this.#boardAt > BOARD_AGE_S * this.#meanWorkS) {
      this.#board = this.#queues.map(({ length }) => length)
      this.#boardAt = this.#now
    }
    const shortest = Math.min(...this.#board)
    return this.#random.pick(this.#board.flatMap((length, index) => (length === shortest ? [index] : [])))
  }

  #shorterOfTwo(): number {
    const first = this.#random.integer(this.#queues.length)
    const second = (first + 1 + this.#random.integer(this.#queues.length - 1)) % this.#queues.length
    return (this.#queues[second]?.length ?? 0) < (this.#queues[first]?.length ?? 0) ? second : first
  }
}
