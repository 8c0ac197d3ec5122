import type { BftEffect } from '#domain/consensus/bft/bft-state.ts'
import type { RoundStep } from '#domain/consensus/bft/round-timeout.ts'
import type { DecisionValue, Ending, SignedMessage, ValueId } from '#domain/consensus/signed-messages.ts'
import { DecisionWorld } from '../../helpers/decision/decision-world.ts'
import { VoterUnderTest } from '../../helpers/decision/voter-under-test.ts'

/**
 * Plays a transcript: lines with `>` are done to one voter, and what it does about it is written below. Everything else
 * is for the reader. The result is the same text with the answers as they are now.
 */
export function playTranscript(text: string): string {
  const player = new TranscriptPlayer()
  const isKept = (line: string) => line === '' || line.startsWith('#') || line.startsWith('>')
  return text
    .split('\n')
    .filter(isKept)
    .flatMap((line) => (line.startsWith('>') ? [line, ...player.play(line.slice(1).trim())] : [line]))
    .join('\n')
}

class TranscriptPlayer {
  #world = new DecisionWorld()
  #voter = new VoterUnderTest(this.#world, 0)
  #at = 0
  #standing = ''
  readonly #values = new Map<string, DecisionValue>()

  play(command: string): string[] {
    const [verb = '', ...words] = command.split(/\s+/)
    this.#voter.forget()
    const answer = this.#do(verb, words)
    const lines = [...answer, ...this.#voter.effects.flatMap((effect) => this.#effectLines(effect))]
    const standing = this.#describeStanding()
    if (standing !== this.#standing) lines.push(standing)
    this.#standing = standing
    return lines.map((line) => `  ${line}`)
  }

  #do(verb: string, words: readonly string[]): string[] {
    switch (verb) {
      case 'voters':
        this.#world = new DecisionWorld({ weights: words.map(Number) })
        return []
      case 'be':
        this.#at = placeOf(words[0])
        this.#voter = new VoterUnderTest(this.#world, this.#at)
        return []
      case 'let':
        this.#define(words)
        return []
      case 'restart':
        this.#voter = this.#voter.restarted()
        return []
      case 'deadline':
      case 'cancel':
      case 'resend':
        this.#voter.input({ type: verb })
        return []
      case 'timeout':
        this.#voter.timeout(words[0] as RoundStep, Number(words[1]))
        return []
      default: {
        const refusal = this.#voter.receive(this.#message(verb, words))
        return refusal === undefined ? [] : [`refused: ${refusal}`]
      }
    }
  }

  /** `let A = tally v00 v01 v02`: the approvals of these voters. */
  #define([name = '', , ending, ...voters]: readonly string[]): void {
    const ballots = voters.map((voter) => this.#world.ballot(placeOf(voter)))
    this.#values.set(name, this.#world.value(ballots, ending as Ending))
  }

  #message(verb: string, words: readonly string[]): SignedMessage {
    const [first = '', second = '', third = '', ...rest] = words
    switch (verb) {
      case 'ballot':
        return this.#world.ballot(placeOf(first), second)
      case 'prevote':
        return this.#world.prevote(placeOf(first), Number(second), this.#value(third), Number(rest[1] ?? -1))
      case 'precommit':
        return this.#world.precommit(placeOf(first), Number(second), this.#value(third))
      case 'nominate': {
        // nominate A in 1 valid 0 by v00 v01 v02
        const [round, validRound] = [Number(third), rest[0] === 'valid' ? Number(rest[1]) : -1]
        const value = this.#value(first)
        if (value === null) throw new Error('nil cannot be nominated')
        const polka = this.#world.polka(rest.slice(3).map(placeOf), validRound, value)
        return this.#world.nomination(round, value, validRound, polka)
      }
      default:
        throw new Error(`unknown command: ${verb}`)
    }
  }

  #value(name: string): DecisionValue | null {
    const value = this.#values.get(name)
    if (value === undefined && name !== 'nil') throw new Error(`unknown value: ${name}`)
    return value ?? null
  }

  #effectLines(effect: BftEffect): string[] {
    switch (effect.type) {
      case 'sign':
        return []
      case 'send':
        return effect.messages.map((message) => `sends ${this.#describe(message)}`)
      case 'start_timeout':
        return [`waits ${effect.afterMs} ms for ${effect.step} of round ${effect.round}`]
      case 'start_deadline':
        return [`waits ${effect.afterMs} ms for the deadline`]
      case 'accuse':
        return [`accuses ${effect.equivocation.voter} of two ${effect.equivocation.first.kind}s`]
      case 'decided': {
        const { outcome, ending, round, precommits } = effect.certificate
        const voters = precommits.map(({ voter }) => voter).join(' ')
        return [`decides in round ${round}: ${outcome.verdict} (${ending}), by the precommits of ${voters}`]
      }
      case 'send_certificate':
        return ['sends the certificate']
      default:
        throw new Error(`unknown effect ${JSON.stringify(effect satisfies never)}`)
    }
  }

  #describe(message: SignedMessage): string {
    if (message.kind === 'ballot') return `ballot ${message.choice}`
    const validRound = message.validRound === -1 ? '' : `, valid since round ${message.validRound}`
    const proof =
      message.kind === 'nomination' && message.polka.length > 0
        ? `, with ${message.polka.length} prevotes`
        : ''
    return `${message.kind} ${this.#nameOf(message.valueId)} in round ${message.round}${validRound}${proof}`
  }

  #describeStanding(): string {
    const { round, step, locked, valid, decided } = this.#voter.state.round
    if (decided !== null) return '= decided'
    if (round === -1) return '= not begun'
    const lock = locked === null ? '' : `, locked on ${this.#nameOf(locked.id)} since ${locked.round}`
    const proven = valid === null ? '' : `, knows ${this.#nameOf(valid.id)} valid in ${valid.round}`
    return `= round ${round}, ${step}${lock}${proven}`
  }

  #nameOf(id: ValueId | null): string {
    if (id === null) return 'nil'
    for (const [name, value] of this.#values) if (this.#world.idOf(value) === id) return name
    return 'its own ballots'
  }
}

function placeOf(voter: string | undefined): number {
  return Number(voter?.slice(1))
}
