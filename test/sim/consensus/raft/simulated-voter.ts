import type { RaftEffect, RaftInput } from '#domain/consensus/raft/raft-input.ts'
import type { RaftMessage } from '#domain/consensus/raft/raft-message.ts'
import {
  type DurableState,
  nextDueAt,
  RAFT_TIMING,
  type RaftState,
  resumeRaft,
} from '#domain/consensus/raft/raft-state.ts'
import type { stepRaft } from '#domain/consensus/raft/step.ts'
import type { Signature } from '#domain/model/hex.ts'
import { type AgentId, type MonotonicMs, monotonicMs } from '#domain/model/ids.ts'
import type { SeededRandom } from '#simulation/seeded-random.ts'
import type { VirtualTime } from '../bft/virtual-time.ts'

export type InputWithoutTime<T = RaftInput> = T extends unknown ? Omit<T, 'at'> : never

/** What may be wrong with a voter, to see that it is found out. */
export interface Mutant {
  readonly step?: typeof stepRaft
  /** What reaches the disk when `durable` is persisted over `saved`. */
  readonly save?: (durable: DurableState, saved: DurableState) => DurableState
  /** In the order in which the driver does them. */
  readonly order?: (effects: readonly RaftEffect[]) => readonly RaftEffect[]
}

export interface SimulatedVoterModules {
  readonly random: SeededRandom
  readonly time: VirtualTime
  readonly step: typeof stepRaft
  readonly mutant: Mutant
  send(message: RaftMessage): void
  /** Called with each effect when it is done. */
  onEffect(voter: SimulatedVoter, effect: RaftEffect): void
  /** Called when all effects of an input are done. */
  onDone(voter: SimulatedVoter): void
}

/** A voter in a process that can be killed at any point, with a disk that takes its time. */
export class SimulatedVoter {
  readonly id: AgentId
  readonly #modules: SimulatedVoterModules
  readonly #mailbox: InputWithoutTime[] = []
  #saved: DurableState
  #state: RaftState
  /** Of the process: what was planned by an earlier one does not happen. */
  #incarnation = 0
  #isUp = true
  #isBusy = false
  #timerAt: number | undefined

  constructor(id: AgentId, durable: DurableState, modules: SimulatedVoterModules) {
    this.id = id
    this.#modules = modules
    this.#saved = durable
    this.#state = this.#resumed()
    this.#arm()
  }

  get isUp(): boolean {
    return this.#isUp
  }

  get state(): RaftState {
    return this.#state
  }

  /** What a restart would begin with. */
  get saved(): DurableState {
    return this.#saved
  }

  take(input: InputWithoutTime): void {
    if (!this.#isUp) return
    this.#mailbox.push(input)
    if (!this.#isBusy) this.#next()
  }

  crash(): void {
    this.#isUp = false
    this.#incarnation += 1
    this.#mailbox.length = 0
    this.#timerAt = undefined
  }

  restart(): void {
    if (this.#isUp) return
    this.#isUp = true
    this.#isBusy = false
    this.#state = this.#resumed()
    this.#arm()
  }

  #resumed(): RaftState {
    const { random } = this.#modules
    const seed = random.integer(2 ** 31)
    return resumeRaft({ self: this.id, durable: this.#saved, timing: RAFT_TIMING, seed, at: this.#now() })
  }

  #next(): void {
    const input = this.#mailbox.shift()
    if (input === undefined) return
    const { step, mutant } = this.#modules
    const [state, effects] = step(this.#state, { ...input, at: this.#now() })
    this.#state = state
    this.#perform(mutant.order?.(effects) ?? effects, 0)
  }

  #perform(effects: readonly RaftEffect[], from: number): void {
    for (let at = from; at < effects.length; at += 1) {
      const effect = effects[at]!
      if (effect.type === 'persist') {
        this.#persist(effect, () => this.#perform(effects, at + 1))
        return
      }
      this.#modules.onEffect(this, effect)
      if (effect.type === 'send') this.#modules.send(effect.message)
      else if (effect.type === 'grant_vote') this.#grant(effect)
    }
    this.#isBusy = false
    this.#modules.onDone(this)
    this.#arm()
    this.#next()
  }

  /** The disk has written at some moment before it says so; a crash may come in between. */
  #persist({ durable }: Extract<RaftEffect, { type: 'persist' }>, resume: () => void): void {
    const { time, random, mutant, onEffect } = this.#modules
    const incarnation = this.#incarnation
    this.#isBusy = true
    time.after(random.next() * 4, () => {
      if (this.#incarnation !== incarnation) return
      this.#saved = mutant.save?.(durable, this.#saved) ?? durable
      time.after(random.next(), () => {
        if (this.#incarnation !== incarnation) return
        onEffect(this, { type: 'persist', durable })
        resume()
      })
    })
  }

  #grant({ candidate, epoch, term }: Extract<RaftEffect, { type: 'grant_vote' }>): void {
    const signature = toySignature(this.id, epoch, term, candidate)
    const grant = { type: 'vote_grant' as const, epoch, term, from: this.id, to: candidate, signature }
    if (candidate === this.id) this.#mailbox.unshift({ type: 'message_received', message: grant })
    else this.#modules.send(grant)
  }

  #arm(): void {
    const dueAt = nextDueAt(this.#state)
    if (dueAt === undefined || (this.#timerAt !== undefined && this.#timerAt <= dueAt)) return
    this.#timerAt = dueAt
    const incarnation = this.#incarnation
    this.#modules.time.after(Math.max(0, dueAt - this.#now()), () => {
      if (this.#incarnation !== incarnation || this.#timerAt !== dueAt) return
      this.#timerAt = undefined
      this.take({ type: 'time_passed' })
    })
  }

  #now(): MonotonicMs {
    return monotonicMs(this.#modules.time.nowMs)
  }
}

export function toySignature(voter: AgentId, epoch: number, term: number, candidate: AgentId): Signature {
  return `${voter} for ${candidate} in ${epoch}/${term}` as Signature
}
