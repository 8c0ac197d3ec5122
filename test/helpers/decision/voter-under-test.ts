import { Admission, type AdmissionRefusal } from '#domain/consensus/bft/admission.ts'
import { openInstance, stepBft } from '#domain/consensus/bft/bft-core.ts'
import type { BftEffect, BftInput, BftState, Transition } from '#domain/consensus/bft/bft-state.ts'
import { restoreInstance } from '#domain/consensus/bft/restore.ts'
import type { RoundStep } from '#domain/consensus/bft/round-timeout.ts'
import type { SigningRecord } from '#domain/consensus/ports/signing-journal.ts'
import { signBytes } from '#domain/consensus/sign-bytes.ts'
import type { SignedMessage, SignedVote } from '#domain/consensus/signed-messages.ts'
import { bytesToHex } from '#domain/model/hex.ts'
import type { DecisionWorld } from './decision-world.ts'

/** One voter with its core, gate, key and journal; what it signs comes back to it at once, as in a perfect runtime. */
export class VoterUnderTest {
  state: BftState
  /** Since the last {@link forget}. */
  readonly effects: BftEffect[] = []
  readonly journal: SigningRecord[]
  readonly #world: DecisionWorld
  readonly #admission: Admission
  readonly #at: number

  constructor(world: DecisionWorld, at: number, journal: readonly SigningRecord[] = []) {
    this.#world = world
    this.#at = at
    this.#admission = new Admission(world)
    this.journal = [...journal]
    const self = world.voter(at)
    const opened: Transition =
      journal.length === 0
        ? openInstance(world.instance, self)
        : restoreInstance(world.instance, self, journal, world.hasher)
    this.state = opened[0]
    this.#perform(opened[1])
  }

  /** A message from the network. The reason, where the gate refuses it. */
  receive(...messages: readonly SignedMessage[]): AdmissionRefusal | undefined {
    let refusal: AdmissionRefusal | undefined
    for (const message of messages) {
      const admitted = this.#admission.admit(this.state, message)
      if (admitted.type === 'admitted') this.input(admitted.input)
      else refusal = admitted.reason
    }
    return refusal
  }

  receiveCertificate(json: unknown): AdmissionRefusal | undefined {
    const admitted = this.#admission.admitCertificate(this.state, json)
    if (admitted.type === 'refused') return admitted.reason
    this.input(admitted.input)
    return undefined
  }

  input(input: BftInput): void {
    const [state, effects] = stepBft(this.state, input, this.#world.hasher)
    this.state = state
    this.#perform(effects)
  }

  timeout(step: RoundStep, round: number): void {
    this.input({ type: 'timeout', step, round })
  }

  /** What it signed and sent since the last {@link forget}. */
  get sent(): SignedMessage[] {
    return this.effects.flatMap((effect) => (effect.type === 'send' ? effect.messages : []))
  }

  sentVotes(kind: SignedVote['kind']): SignedVote[] {
    return this.sent.filter((message): message is SignedVote => message.kind === kind)
  }

  forget(): void {
    this.effects.length = 0
  }

  /** The process dies and comes back with what its journal holds. */
  restarted(): VoterUnderTest {
    return new VoterUnderTest(this.#world, this.#at, this.journal)
  }

  #perform(effects: readonly BftEffect[]): void {
    for (const effect of effects) {
      this.effects.push(effect)
      if (effect.type !== 'sign') continue
      const { message, locked, valid } = effect
      const signed = this.#world.sign(message) as SignedMessage
      const bytes = bytesToHex(signBytes(this.#world.instance, message))
      const { proposalId } = this.#world.instance
      this.journal.push({ proposalId, message: signed, signBytes: bytes, locked, valid })
      this.effects.push({ type: 'send', messages: [signed] })
      this.receive(signed)
    }
  }
}
