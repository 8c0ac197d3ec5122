import { blame, type Culprit, type Transcript } from '#domain/consensus/bft/blame.ts'
import { faultWeightMax, isQuorum } from '#domain/consensus/bft/quorum.ts'
import type { DecisionCertificate } from '#domain/consensus/certificate.ts'
import type { SignedMessage } from '#domain/consensus/signed-messages.ts'
import { SeededRandom } from '#simulation/seeded-random.ts'
import { DecisionWorld } from '../../../helpers/decision/decision-world.ts'
import { VoterUnderTest } from '../../../helpers/decision/voter-under-test.ts'

export type ForkKind =
  /** Liars show each side another face, in the same rounds. */
  | 'two_faced'
  /** Liars decide with one side, forget it, and decide with the other in later rounds: no slot is signed twice. */
  | 'amnesia'

export interface Fork {
  readonly decisions: readonly [DecisionCertificate, DecisionCertificate]
  readonly culprits: readonly Culprit[]
  readonly liars: ReadonlySet<string>
  readonly faultWeightMax: number
}

/** Of weight 3f + 1: with f + 1 of it liars, both sides can just decide. */
const ELECTORATES: readonly (readonly number[])[] = [
  [1, 1, 1, 1],
  [2, 2, 2, 1],
  [3, 2, 2, 1, 1, 1],
  [1, 1, 1, 1, 1, 1, 1],
  [1, 1, 1, 1, 1, 1, 1, 1, 1, 1],
]

/** More than a third of the weight lies and splits the honest rest: two decisions, and who is to blame for them. */
export function fork(seed: number, kind: ForkKind): Fork {
  const random = new SeededRandom(seed)
  const world = new DecisionWorld({ weights: random.pick(ELECTORATES), proposalId: `fork-${seed}` })
  const { liars, sides } = split(world, random)
  const [first, second] = sides
  const one = new Side(world, [...first, ...liars], random)
  one.decide()
  const laterRound = one.certificateOf(first).round + 1
  const two = new Side(world, [...second, ...liars], random)
  if (kind === 'amnesia') two.skipTo(laterRound, liars)
  two.decide()
  const transcripts = [...one.transcriptsOf(first), ...two.transcriptsOf(second)]
  return {
    decisions: [one.certificateOf(first), two.certificateOf(second)],
    culprits: blame(world.instance, transcripts, world.verifier),
    liars: new Set(liars.map((at) => world.voter(at))),
    faultWeightMax: faultWeightMax(world.instance.electorate.totalWeight),
  }
}

/** Liars, as few as it takes, and the honest rest on two sides that both are a quorum with them. */
function split(
  world: DecisionWorld,
  random: SeededRandom,
): { readonly liars: readonly number[]; readonly sides: readonly [readonly number[], readonly number[]] } {
  const { voters, totalWeight } = world.instance.electorate
  const weigh = (places: readonly number[]) => places.reduce((sum, at) => sum + (voters[at]?.weight ?? 0), 0)
  for (let tries = 0; tries < 10_000; tries += 1) {
    const group = voters.map(() => random.pick(['liar', 'first', 'second']))
    const placesOf = (name: string) => voters.map((_, at) => at).filter((at) => group[at] === name)
    const [liars, first, second] = [placesOf('liar'), placesOf('first'), placesOf('second')]
    const isSplit = first.length > 0 && second.length > 0
    const isMinimal = weigh(liars) <= faultWeightMax(totalWeight) + 1
    const decidesTwice = [first, second].every((side) => isQuorum(weigh(liars) + weigh(side), totalWeight))
    if (isSplit && isMinimal && decidesTwice) return { liars, sides: [first, second] }
  }
  throw new Error('this electorate cannot be split')
}

/** Some of the voters, who hear nothing of the others; messages arrive in any order. */
class Side {
  readonly #world: DecisionWorld
  readonly #places: readonly number[]
  readonly #random: SeededRandom
  readonly #voters: ReadonlyMap<number, VoterUnderTest>
  readonly #transcripts = new Map<number, SignedMessage[]>()
  readonly #underWay: { readonly to: number; readonly message: SignedMessage }[] = []
  #timeouts: (() => void)[] = []

  constructor(world: DecisionWorld, places: readonly number[], random: SeededRandom) {
    this.#world = world
    this.#places = places
    this.#random = random
    this.#voters = new Map(places.map((at) => [at, new VoterUnderTest(world, at)]))
  }

  /** These leave all rounds before `round` behind them without a word. */
  skipTo(round: number, places: readonly number[]): void {
    for (const at of places) {
      for (let passed = -1; passed < round; passed += 1) this.#voters.get(at)?.timeout('precommit', passed)
      this.#collect(at)
    }
  }

  decide(): void {
    for (const at of this.#places) this.#send(this.#world.ballot(at))
    for (let count = 0; count < 100_000 && !this.#isDecided; count += 1) {
      if (this.#underWay.length > 0) this.#deliverAny()
      else this.#timeOutAll()
    }
  }

  certificateOf([at]: readonly number[]): DecisionCertificate {
    const certificate = this.#voters.get(at ?? -1)?.state.certificate
    if (certificate === undefined || certificate === null) throw new Error(`voter ${at} has not decided`)
    return certificate
  }

  transcriptsOf(places: readonly number[]): Transcript[] {
    return places.map((at) => this.#transcripts.get(at) ?? [])
  }

  get #isDecided(): boolean {
    return [...this.#voters.values()].every(({ state }) => state.certificate !== null)
  }

  #deliverAny(): void {
    const [{ to, message } = { to: -1, message: undefined }] = this.#underWay.splice(
      this.#random.integer(this.#underWay.length),
      1,
    )
    if (message === undefined) return
    this.#record(to, message)
    this.#voters.get(to)?.receive(message)
    this.#collect(to)
  }

  #timeOutAll(): void {
    const due = this.#timeouts
    this.#timeouts = []
    for (const timeOut of due) timeOut()
    for (const at of this.#places) this.#collect(at)
  }

  /** What a voter wants done since it was last asked. */
  #collect(at: number): void {
    const voter = this.#voters.get(at)
    if (voter === undefined) return
    const effects = [...voter.effects]
    voter.forget()
    for (const effect of effects) {
      if (effect.type === 'send') for (const message of effect.messages) this.#sendOwn(at, message)
      if (effect.type === 'start_timeout') this.#timeouts.push(() => voter.timeout(effect.step, effect.round))
    }
  }

  /** A voter has counted its own message already: it belongs to its transcript from now on. */
  #sendOwn(at: number, message: SignedMessage): void {
    this.#record(at, message)
    this.#send(message)
  }

  #send(message: SignedMessage): void {
    for (const to of this.#places) this.#underWay.push({ to, message })
  }

  #record(at: number, message: SignedMessage): void {
    this.#transcripts.set(at, [...(this.#transcripts.get(at) ?? []), message])
  }
}
