import { assert, assertNever } from '../../model/errors.ts'
import type { AgentId } from '../../model/ids.ts'
import type { Clock } from '../../ports/clock.ts'
import type { DecisionCertificate } from '../certificate.ts'
import type { Equivocation } from '../evidence.ts'
import type { DecisionInstance } from '../instance.ts'
import type { Hasher } from '../ports/hasher.ts'
import type { SigningJournal, SigningRecord } from '../ports/signing-journal.ts'
import type { SignedMessage, UnsignedMessage } from '../signed-messages.ts'
import type { SigningRefusal, VoteSigner } from '../vote-signer.ts'
import type { Admission, AdmissionRefusal, Admitted } from './admission.ts'
import { openInstance, stepBft } from './bft-core.ts'
import type { BftEffect, BftInput, BftState } from './bft-state.ts'
import { isNeedless } from './needless.ts'
import { ownInput } from './own-message.ts'
import { restoreInstance } from './restore.ts'

export interface DecisionVoterOptions {
  readonly instance: DecisionInstance
  readonly self: AgentId
  /** How often it says again what may not have arrived, in milliseconds. */
  readonly resendMs: number
  /** Inputs that wait while something is signed; what comes on top is dropped, as a network might. */
  readonly mailboxMax: number
}

/** Carries to all other voters. It may lose, delay, repeat and reorder. */
export interface DecisionTransport {
  send(messages: readonly SignedMessage[]): void
  sendCertificate(certificate: DecisionCertificate): void
}

export interface DecisionListener {
  decided(certificate: DecisionCertificate): void
  accused(equivocation: Equivocation): void
  /** A message was not let in, or something was not signed. */
  refused(reason: AdmissionRefusal | SigningRefusal): void
  /** The journal failed: the voter takes no further part, since what it said last may not be on record. */
  halted(error: unknown): void
}

export interface DecisionVoterModules {
  readonly clock: Clock
  readonly hasher: Hasher
  readonly admission: Admission
  readonly signer: VoteSigner
  readonly journal: Pick<SigningJournal, 'read'>
  readonly transport: DecisionTransport
  readonly listener: DecisionListener
}

/** How a ballot was taken. */
export type BallotOutcome = 'signed' | SigningRefusal | 'stopped'

/**
 * Runs one voter of one agreement: takes one input after another, does what `stepBft` orders, and lets nothing out
 * before its signature is on record.
 */
export class DecisionVoter {
  readonly #options: DecisionVoterOptions
  readonly #modules: DecisionVoterModules
  readonly #mailbox: (() => Promise<void>)[] = []
  /** What it signed itself comes to a voter like everybody's, but before all that waits. */
  readonly #own: SignedMessage[] = []
  readonly #timers = new Set<() => void>()
  /** Ballots that wait to be signed: who asked for one is answered, whatever becomes of the voter. */
  readonly #asked = new Set<(outcome: BallotOutcome) => void>()
  #state: BftState | undefined
  #isBusy = false
  #isStopped = false

  constructor(options: DecisionVoterOptions, modules: DecisionVoterModules) {
    this.#options = options
    this.#modules = modules
  }

  /** Undefined before the start. */
  get state(): BftState | undefined {
    return this.#state
  }

  /** Takes up what the journal remembers. What is said to the voter before must be said again. */
  async start(): Promise<void> {
    assert(this.#state === undefined, 'a voter is started once')
    const { instance, self } = this.#options
    const { journal, hasher } = this.#modules
    const records = await journal.read(instance.proposalId)
    if (this.#isStopped) return
    const [state, effects] =
      records.length === 0 ? openInstance(instance, self) : restoreInstance(instance, self, records, hasher)
    this.#state = state
    this.#put(() => this.#perform(effects))
    this.#resendLater()
  }

  /** Never says anything again. */
  stop(): void {
    this.#isStopped = true
    for (const cancel of this.#timers) cancel()
    this.#timers.clear()
    this.#mailbox.length = 0
    this.#own.length = 0
    for (const answer of this.#asked) answer('stopped')
  }

  receive(message: SignedMessage): void {
    this.#put(async () => {
      assert(this.#state !== undefined, 'mail is taken after the start')
      if (!isNeedless(this.#state, message))
        await this.#take(this.#modules.admission.admit(this.#state, message))
    })
  }

  /** @param json a certificate of unknown origin. */
  receiveCertificate(json: unknown): void {
    this.#put(async () => {
      assert(this.#state !== undefined, 'mail is taken after the start')
      await this.#take(this.#modules.admission.admitCertificate(this.#state, json))
    })
  }

  /** The voter's one ballot. The same again is sent again; another is refused with `slot_taken`. */
  castBallot(choice: string, reason?: string): Promise<BallotOutcome> {
    const said = reason === undefined ? { choice } : { choice, reason }
    return new Promise((resolve) => {
      const answer = (outcome: BallotOutcome): void => {
        this.#asked.delete(answer)
        resolve(outcome)
      }
      this.#asked.add(answer)
      const isTaken = this.#put(async () => {
        answer(await this.#sign({ kind: 'ballot', voter: this.#options.self, ...said }, NOTHING_LOCKED))
      })
      if (!isTaken) answer('stopped')
    })
  }

  cancel(): void {
    this.#feed({ type: 'cancel' })
  }

  /** A connection was made: what was said may not have arrived. */
  resend(): void {
    this.#feed({ type: 'resend' })
  }

  async #take(admitted: Admitted): Promise<void> {
    if (admitted.type === 'admitted') await this.#step(admitted.input)
    else this.#modules.listener.refused(admitted.reason)
  }

  #feed(input: BftInput): void {
    this.#put(() => this.#step(input))
  }

  /** @returns false where nothing is taken any more. */
  #put(mail: () => Promise<void>): boolean {
    const isFull = this.#mailbox.length >= this.#options.mailboxMax
    if (this.#isStopped || this.#state === undefined || isFull) return false
    this.#mailbox.push(mail)
    if (!this.#isBusy) void this.#empty()
    return true
  }

  /** One at a time, each to the end of its effects: the next must not see a vote that is not on record. */
  async #empty(): Promise<void> {
    this.#isBusy = true
    try {
      for (let mail = this.#mailbox.shift(); mail !== undefined; mail = this.#mailbox.shift()) {
        await mail()
        for (let own = this.#own.shift(); own !== undefined; own = this.#own.shift())
          await this.#step(ownInput(own))
      }
    } catch (error) {
      this.stop()
      this.#modules.listener.halted(error)
    } finally {
      this.#isBusy = false
    }
  }

  async #step(input: BftInput): Promise<void> {
    assert(this.#state !== undefined, 'mail is taken after the start')
    const [state, effects] = stepBft(this.#state, input, this.#modules.hasher)
    this.#state = state
    await this.#perform(effects)
  }

  async #perform(effects: readonly BftEffect[]): Promise<void> {
    for (const effect of effects) {
      // A voter that was stopped meanwhile is as one that crashed: what it had yet to say stays unsaid.
      if (this.#isStopped) return
      if (effect.type === 'sign') await this.#sign(effect.message, effect)
      else this.#do(effect)
    }
  }

  #do(effect: Exclude<BftEffect, { type: 'sign' }>): void {
    const { transport, listener } = this.#modules
    switch (effect.type) {
      case 'start_timeout': {
        const { step, round } = effect
        this.#later(effect.afterMs, () => this.#feed({ type: 'timeout', step, round }))
        return
      }
      case 'start_deadline':
        this.#later(effect.afterMs, () => this.#feed({ type: 'deadline' }))
        return
      case 'send':
        transport.send(effect.messages)
        return
      case 'send_certificate':
        transport.sendCertificate(effect.certificate)
        return
      case 'accuse':
        listener.accused(effect.equivocation)
        return
      case 'decided':
        listener.decided(effect.certificate)
        return
      default:
        assertNever(effect)
    }
  }

  async #sign(
    message: UnsignedMessage,
    { locked, valid }: Pick<SigningRecord, 'locked' | 'valid'>,
  ): Promise<BallotOutcome> {
    const { signer, transport, listener } = this.#modules
    const outcome = await signer.sign(this.#options.instance, message, { locked, valid })
    if (this.#isStopped) return 'stopped'
    if (outcome.type === 'refused') {
      listener.refused(outcome.reason)
      return outcome.reason
    }
    const signed = outcome.record.message
    transport.send([signed])
    this.#own.push(signed)
    return 'signed'
  }

  #resendLater(): void {
    this.#later(this.#options.resendMs, () => {
      this.resend()
      this.#resendLater()
    })
  }

  #later(delayMs: number, run: () => void): void {
    const cancel = this.#modules.clock.setTimer(delayMs, () => {
      this.#timers.delete(cancel)
      if (!this.#isStopped) run()
    })
    this.#timers.add(cancel)
  }
}

const NOTHING_LOCKED = { locked: null, valid: null }
