import type { RaftEffect, RaftInput } from '#domain/consensus/raft/raft-input.ts'
import type { RaftMessage } from '#domain/consensus/raft/raft-message.ts'
import {
  type DurableState,
  RAFT_TIMING,
  type RaftState,
  resumeRaft,
} from '#domain/consensus/raft/raft-state.ts'
import { stepRaft } from '#domain/consensus/raft/step.ts'
import type { Signature } from '#domain/model/hex.ts'
import { type AgentId, type MonotonicMs, monotonicMs } from '#domain/model/ids.ts'
import { showEffect } from './show.ts'

type InputWithoutTime<T = RaftInput> = T extends unknown ? Omit<T, 'at'> : never

/** Voters on a table: time stands still and no message arrives unless the test says so. */
export class RaftLab {
  readonly states = new Map<AgentId, RaftState>()
  readonly saved = new Map<AgentId, DurableState>()
  /** Sent and not yet delivered, oldest first. */
  inFlight: RaftMessage[] = []
  /** What was done since it was last taken. */
  #report: string[] = []
  readonly #cuts = new Set<string>()
  #now = monotonicMs(0)

  get now(): MonotonicMs {
    return this.#now
  }

  takeReport(): readonly string[] {
    const report = this.#report
    this.#report = []
    return report
  }

  start(self: AgentId, durable: DurableState): void {
    this.saved.set(self, durable)
    // Seeded by the name, so that a transcript reads the same whichever voters it has besides.
    const seed = Array.from(self).reduce((sum, character) => sum * 31 + character.charCodeAt(0), 7)
    this.states.set(self, resumeRaft({ self, durable, timing: RAFT_TIMING, seed, at: this.#now }))
  }

  restart(self: AgentId): void {
    this.start(self, this.saved.get(self)!)
  }

  wait(ms: number): void {
    this.#now = monotonicMs(this.#now + ms)
  }

  /** This voter has waited long enough for a leader. Time does not move for the others. */
  electionTimeout(self: AgentId): void {
    this.states.set(self, { ...this.states.get(self)!, electionDueAt: this.#now })
    this.step(self, { type: 'time_passed' })
  }

  cut(from: AgentId, to: AgentId): void {
    this.#cuts.add(`${from}>${to}`)
  }

  cutBothWays(one: AgentId, other: AgentId): void {
    this.cut(one, other)
    this.cut(other, one)
  }

  heal(): void {
    this.#cuts.clear()
  }

  step(self: AgentId, input: InputWithoutTime): void {
    const [state, effects] = stepRaft(this.states.get(self)!, { ...input, at: this.#now })
    this.states.set(self, state)
    for (const effect of effects) this.#perform(self, effect)
    // A candidate's own vote comes in when all effects are done, and before anything else.
    const own = new Set(this.inFlight.filter((message) => message.from === self && message.to === self))
    this.deliver((message) => own.has(message))
  }

  /** Delivers the messages that match, and those only, in the order they were sent. */
  deliver(matches: (message: RaftMessage) => boolean = () => true): void {
    const due = this.inFlight.filter(matches)
    this.inFlight = this.inFlight.filter((message) => !due.includes(message))
    for (const message of due) this.#receive(message)
  }

  /** Delivers until nothing is in flight. */
  settle(): void {
    for (let round = 0; this.inFlight.length > 0; round += 1) {
      if (round > 100) throw new Error('the voters never stop talking')
      this.deliver()
    }
  }

  #receive(message: RaftMessage): void {
    if (!this.states.has(message.to)) return
    this.step(message.to, { type: 'message_received', message })
  }

  #perform(self: AgentId, effect: RaftEffect): void {
    this.#report.push(showEffect(self, effect))
    if (effect.type === 'persist') this.saved.set(self, effect.durable)
    else if (effect.type === 'send') this.#send(effect.message)
    else if (effect.type === 'grant_vote') {
      const { epoch, term, candidate } = effect
      const signature = `${self} signed` as Signature
      const grant = { type: 'vote_grant' as const, epoch, term, from: self, to: candidate, signature }
      this.#send(grant)
    }
  }

  #send(message: RaftMessage): void {
    const isToItself = message.from === message.to
    if (isToItself || !this.#cuts.has(`${message.from}>${message.to}`)) this.inFlight.push(message)
  }
}
