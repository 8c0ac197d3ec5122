import type { BftEffect, BftInput, BftState, Transition } from '#domain/consensus/bft/bft-state.ts'
import { valueDefect } from '#domain/consensus/decision-value.ts'
import type {
  DecisionValue,
  Ending,
  SignedBallot,
  SignedMessage,
  SignedNomination,
  SignedVote,
  Unsigned,
  ValueId,
} from '#domain/consensus/signed-messages.ts'
import type { AgentId } from '#domain/model/ids.ts'
import type { VoterModules } from './honest-voter.ts'
import type { Wire } from './hostile-network.ts'

export const BEHAVIOURS = [
  /** Tells one half of the voters this and the other half that, in ballots, nominations and votes. */
  'equivocate',
  /** Says nothing, or only to some. */
  'withhold',
  /** Claims valid rounds that it cannot prove. */
  'wrong_valid_round',
  /** Votes for what suits it, whatever it is locked on, and precommits what never had a polka. */
  'stale_lock',
  /** Helps one value to a decision that only one voter sees, forgets its lock, and helps another to a second. */
  'amnesia',
  /** Nominates only the ballots it likes, or an ending they do not support. */
  'censor',
] as const

export type Behaviour = (typeof BEHAVIOURS)[number]

type UnsignedRoundMessage = Unsigned<SignedNomination | SignedVote>

/** An agent that follows the rules where that suits it. It keeps no journal and signs whatever it likes. */
export class ByzantineVoter {
  readonly name: AgentId
  readonly #behaviour: Behaviour
  readonly #modules: VoterModules
  readonly #half: ReadonlySet<AgentId>
  readonly #friend: AgentId
  readonly #values: DecisionValue[] = []
  #firstHelped: ValueId | null = null
  #state: BftState

  constructor(at: number, behaviour: Behaviour, modules: VoterModules) {
    this.name = modules.world.voter(at)
    this.#behaviour = behaviour
    this.#modules = modules
    this.#half = new Set(modules.world.voters.filter(() => modules.random.next() < 0.5))
    this.#friend = modules.network.hushed ?? modules.random.pick(modules.world.voters)
    this.#state = modules.pieces.open(modules.world.instance, this.name)[0]
  }

  start(): void {
    const { time, random, world } = this.#modules
    time.after(random.next() * 400, () => this.#castBallots())
    time.after(world.instance.proposal.deadlineMs, () => this.#feed({ type: 'deadline' }))
  }

  receive(wire: Wire): void {
    if (wire.kind === 'certificate' || this.#overlooks(wire)) return
    if (wire.kind === 'nomination' && this.#values.length < 20) this.#values.push(wire.value)
    const admitted = this.#modules.admission.admit(this.#state, wire)
    if (admitted.type === 'admitted') this.#feed(admitted.input)
  }

  #castBallots(): void {
    const { world, random } = this.#modules
    const sign = (choice: string) => world.sign({ kind: 'ballot', voter: this.name, choice }) as SignedBallot
    if (this.#behaviour === 'equivocate') this.#tellHalves(sign('approve'), sign('reject'))
    else this.#tellAll(sign(random.pick(['approve', 'reject', 'abstain'])))
  }

  #feed(input: BftInput): void {
    const [state, effects] = this.#forgetful(
      this.#modules.pieces.step(this.#state, input, this.#modules.world.hasher),
    )
    this.#state = state
    for (const effect of effects) {
      if (effect.type === 'sign') this.#utter(effect.message)
      if (effect.type === 'start_timeout') {
        const { step, round } = effect
        this.#modules.time.after(effect.afterMs, () => this.#feed({ type: 'timeout', step, round }))
      }
    }
  }

  #forgetful([state, effects]: Transition): readonly [BftState, readonly BftEffect[]] {
    if (this.#behaviour !== 'amnesia') return [state, effects]
    return [{ ...state, round: { ...state.round, locked: null, valid: null } }, effects]
  }

  #utter(message: UnsignedRoundMessage): void {
    const { random } = this.#modules
    switch (this.#behaviour) {
      case 'equivocate':
        this.#tellHalves(this.#sign(message), this.#sign(this.#twisted(message)))
        break
      case 'withhold':
        if (random.next() < 0.5) this.#tellSome(this.#sign(message))
        break
      case 'wrong_valid_round':
        this.#tellAll(this.#sign(this.#withWrongValidRound(message)))
        break
      case 'stale_lock':
        this.#tellAll(this.#sign(this.#stubborn(message)))
        break
      case 'censor':
        this.#tellAll(this.#sign(message.kind === 'nomination' ? this.#censored(message) : message))
        break
      case 'amnesia':
        if (message.kind === 'precommit') this.#helpTwice(message)
        else this.#tellAll(this.#sign(message.kind === 'nomination' ? this.#tempting(message) : message))
        break
      default:
        throw new Error(`unknown behaviour ${JSON.stringify(this.#behaviour satisfies never)}`)
    }
  }

  /** Another message for the same slot. */
  #twisted(message: UnsignedRoundMessage): UnsignedRoundMessage {
    if (message.kind === 'nomination') return this.#censored(message)
    const { random, world } = this.#modules
    const value = this.#values.length > 0 && random.next() < 0.6 ? random.pick(this.#values) : null
    return { ...message, validRound: -1, valueId: value === null ? null : world.idOf(value) }
  }

  #withWrongValidRound(message: UnsignedRoundMessage): UnsignedRoundMessage {
    const { random } = this.#modules
    if (message.round === 0 || message.valueId === null) return message
    const validRound = random.integer(message.round)
    if (message.kind === 'nomination') {
      return { ...this.#another(message), validRound, polka: message.polka.slice(1) }
    }
    return message.kind === 'prevote' ? { ...message, validRound } : message
  }

  #tempting(message: Unsigned<SignedNomination>): UnsignedRoundMessage {
    return this.#modules.random.next() < 0.3 ? this.#withWrongValidRound(message) : this.#another(message)
  }

  /** A nomination of another value that is valid, too: one ballot less. */
  #another(message: Unsigned<SignedNomination>): Unsigned<SignedNomination> {
    const { world, random } = this.#modules
    const { ending, ballots } = message.value
    const unwanted = random.integer(ballots.length)
    const value = world.value(ballots.toSpliced(unwanted, 1), ending)
    if (valueDefect(world.instance, value, () => true) !== undefined) return message
    return { ...message, value, valueId: world.idOf(value), validRound: -1, polka: [] }
  }

  /** Always the first value it ever saw. */
  #stubborn(message: UnsignedRoundMessage): UnsignedRoundMessage {
    const [first] = this.#values
    if (first === undefined) return message
    const valueId = this.#modules.world.idOf(first)
    if (message.kind === 'nomination') return { ...message, value: first, valueId, validRound: -1, polka: [] }
    return { ...message, valueId, validRound: -1 }
  }

  #censored(message: Unsigned<SignedNomination>): Unsigned<SignedNomination> {
    const { world, random } = this.#modules
    const unwanted = random.pick(['approve', 'reject'])
    const liked = message.value.ballots.filter(({ choice }) => choice !== unwanted || random.next() < 0.3)
    const ending = random.pick<Ending>(['tally', 'expired', 'cancelled'])
    const value = world.value(liked, ending)
    return { ...message, value, valueId: world.idOf(value), validRound: -1, polka: [] }
  }

  #sign(message: UnsignedRoundMessage): SignedMessage {
    return this.#modules.world.sign(message) as SignedMessage
  }

  #tellAll(message: SignedMessage): void {
    this.#modules.network.broadcast(this.name, message)
    this.receive(message)
  }

  #tellSome(message: SignedMessage): void {
    for (const to of this.#others()) {
      if (this.#modules.random.next() < 0.4) this.#modules.network.send(this.name, to, message)
    }
  }

  /** A liar that wants a second decision does not take note of the first. */
  #overlooks(message: SignedMessage): boolean {
    return this.#behaviour === 'amnesia' && message.kind === 'precommit' && message.valueId !== null
  }

  /** Precommits for its first value go to one voter, with nil for the others, so that they go on to a second one. */
  #helpTwice(message: Unsigned<SignedVote>): void {
    const { network, time } = this.#modules
    const { round, valueId } = message
    this.#firstHelped ??= valueId
    if (valueId === this.#firstHelped) {
      const [real, nil] = [this.#sign(message), this.#sign({ ...message, valueId: null })]
      for (const to of this.#others()) network.send(this.name, to, to === this.#friend ? real : nil)
    } else network.broadcast(this.name, this.#sign(message))
    time.after(100, () => this.#feed({ type: 'timeout', step: 'precommit', round }))
  }

  #tellHalves(first: SignedMessage, second: SignedMessage): void {
    for (const to of this.#others()) {
      this.#modules.network.send(this.name, to, this.#half.has(to) ? first : second)
    }
    this.receive(first)
  }

  #others(): readonly AgentId[] {
    return this.#modules.world.voters.filter((voter) => voter !== this.name)
  }
}
