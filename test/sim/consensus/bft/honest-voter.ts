import type { Admission } from '#domain/consensus/bft/admission.ts'
import type { BftEffect, BftInput, BftState } from '#domain/consensus/bft/bft-state.ts'
import type { DecisionCertificate } from '#domain/consensus/certificate.ts'
import type { Equivocation } from '#domain/consensus/evidence.ts'
import type { SigningRecord } from '#domain/consensus/ports/signing-journal.ts'
import { signBytes } from '#domain/consensus/sign-bytes.ts'
import type { SignedMessage, UnsignedMessage } from '#domain/consensus/signed-messages.ts'
import { bytesToHex } from '#domain/model/hex.ts'
import type { AgentId } from '#domain/model/ids.ts'
import type { SeededRandom } from '#simulation/seeded-random.ts'
import type { DecisionWorld } from '../../../helpers/decision/decision-world.ts'
import type { BftPieces } from './bft-pieces.ts'
import type { HostileNetwork, Wire } from './hostile-network.ts'
import type { VirtualTime } from './virtual-time.ts'

export interface HonestOptions {
  readonly at: number
  /** Null for an agent that never makes up its mind; it votes on what the others say all the same. */
  readonly choice: string | null
  readonly thinkMs: number
  readonly cancelledAtMs: number | null
  /** How likely it dies at each signature, before or after that is on record, while there are faults. */
  readonly crashRatio: number
}

export interface VoterModules {
  readonly world: DecisionWorld
  readonly pieces: BftPieces
  readonly admission: Admission
  readonly network: HostileNetwork
  readonly time: VirtualTime
  readonly random: SeededRandom
  readonly observer: VoterObserver
}

/** What the simulation watches. */
export interface VoterObserver {
  sent(voter: AgentId, message: SignedMessage): void
  decided(voter: AgentId, certificate: DecisionCertificate): void
  accused(by: AgentId, equivocation: Equivocation): void
  refused(reason: string): void
}

const RESEND_EVERY_MS = 400

/**
 * An agent's process that keeps the rules. Its journal and its transcript outlive it; it may die between any two of:
 * sign, record, send.
 */
export class HonestVoter {
  readonly name: AgentId
  readonly journal: SigningRecord[] = []
  readonly transcript: SignedMessage[] = []
  readonly #options: HonestOptions
  readonly #modules: VoterModules
  /** Undefined while the process is down. */
  #state: BftState | undefined
  /** Counts the processes: what one has scheduled is nothing to the next. */
  #life = 0
  readonly #inputs: BftInput[] = []
  #isBusy = false

  constructor(options: HonestOptions, modules: VoterModules) {
    this.#options = options
    this.#modules = modules
    this.name = modules.world.voter(options.at)
  }

  get state(): BftState | undefined {
    return this.#state
  }

  start(): void {
    const { world, pieces, time, random } = this.#modules
    const [state, effects] =
      this.journal.length === 0
        ? pieces.open(world.instance, this.name)
        : pieces.restore(world.instance, this.name, this.journal, world.hasher)
    this.#state = state
    this.#life += 1
    this.#isBusy = true
    this.#perform(effects)
    this.#isBusy = false
    this.#drain()
    this.#later(this.#options.thinkMs, () => this.#castBallot())
    const { cancelledAtMs } = this.#options
    if (cancelledAtMs !== null) {
      this.#later(Math.max(0, cancelledAtMs - time.nowMs), () => this.#feed({ type: 'cancel' }))
    }
    this.#later(random.next() * RESEND_EVERY_MS, () => this.#resend())
  }

  receive(wire: Wire): void {
    const state = this.#state
    if (state === undefined) return
    const { admission, observer } = this.#modules
    const admitted =
      wire.kind === 'certificate'
        ? admission.admitCertificate(state, wire.certificate)
        : admission.admit(state, wire)
    if (admitted.type === 'refused') {
      observer.refused(admitted.reason)
      return
    }
    if (wire.kind !== 'certificate') this.transcript.push(wire)
    this.#feed(admitted.input)
  }

  #castBallot(): void {
    const { choice } = this.#options
    const hasCast = this.journal.some(({ message }) => message.kind === 'ballot')
    if (choice === null || hasCast) return
    this.#sign({ kind: 'ballot', voter: this.name, choice }, { locked: null, valid: null })
    this.#drain()
  }

  #resend(): void {
    this.#feed({ type: 'resend' })
    this.#later(RESEND_EVERY_MS, () => this.#resend())
  }

  #feed(input: BftInput): void {
    this.#inputs.push(input)
    this.#drain()
  }

  #drain(): void {
    if (this.#isBusy) return
    this.#isBusy = true
    const { pieces, world } = this.#modules
    for (let input = this.#inputs.shift(); input !== undefined; input = this.#inputs.shift()) {
      if (this.#state === undefined) break
      const [state, effects] = pieces.step(this.#state, input, world.hasher)
      this.#state = state
      this.#perform(effects)
    }
    this.#isBusy = false
  }

  #perform(effects: readonly BftEffect[]): void {
    const life = this.#life
    const { network, observer } = this.#modules
    for (const effect of effects) {
      if (this.#state === undefined || this.#life !== life) return
      switch (effect.type) {
        case 'sign':
          this.#sign(effect.message, effect)
          break
        case 'start_timeout':
          this.#later(effect.afterMs, () =>
            this.#feed({ type: 'timeout', step: effect.step, round: effect.round }),
          )
          break
        case 'start_deadline':
          this.#later(effect.afterMs, () => this.#feed({ type: 'deadline' }))
          break
        case 'send':
          for (const message of effect.messages) this.#send(message)
          break
        case 'send_certificate':
          network.broadcast(this.name, { kind: 'certificate', certificate: effect.certificate })
          break
        case 'accuse':
          observer.accused(this.name, effect.equivocation)
          break
        case 'decided':
          observer.decided(this.name, effect.certificate)
          break
        default:
          throw new Error(`unknown effect ${JSON.stringify(effect satisfies never)}`)
      }
    }
  }

  #sign(message: UnsignedMessage, { locked, valid }: Pick<SigningRecord, 'locked' | 'valid'>): void {
    const { world, pieces, observer } = this.#modules
    const bytes = signBytes(world.instance, message)
    const verdict = pieces.judgeSlot(this.journal, message, bytes)
    if (verdict.type === 'refuse') {
      observer.refused(verdict.reason)
      return
    }
    let signed: SignedMessage
    if (verdict.type === 'repeat') signed = verdict.record.message
    else {
      signed = world.sign(message)
      if (this.#diesNow()) return
      const { proposalId } = world.instance
      this.journal.push({ proposalId, message: signed, signBytes: bytesToHex(bytes), locked, valid })
      if (this.#diesNow()) return
    }
    this.#send(signed)
    this.transcript.push(signed)
    const admitted = this.#state && this.#modules.admission.admit(this.#state, signed)
    if (admitted?.type === 'admitted') this.#inputs.push(admitted.input)
  }

  #send(message: SignedMessage): void {
    if (message.voter === this.name) this.#modules.observer.sent(this.name, message)
    this.#modules.network.broadcast(this.name, message)
  }

  #diesNow(): boolean {
    const { network, random, time } = this.#modules
    if (network.isCalm || random.next() >= this.#options.crashRatio) return false
    this.#state = undefined
    this.#inputs.length = 0
    time.after(50 + random.next() * 1_500, () => {
      this.start()
      network.replayTo(this.name)
    })
    return true
  }

  #later(delayMs: number, run: () => void): void {
    const life = this.#life
    this.#modules.time.after(delayMs, () => {
      if (this.#life === life && this.#state !== undefined) run()
    })
  }
}
