import type { DecisionCertificate } from '#domain/consensus/certificate.ts'
import type { SignedMessage } from '#domain/consensus/signed-messages.ts'
import type { DecisionWorld } from './decision-world.ts'
import { VoterUnderTest } from './voter-under-test.ts'

/** Voters that hear everything at once, in the order it was said. */
export class PerfectNetwork {
  readonly voters: readonly VoterUnderTest[]
  readonly #silent: ReadonlySet<number>

  /** @param silent the places of voters that hear nothing and say nothing. */
  constructor(world: DecisionWorld, silent: readonly number[] = []) {
    this.voters = world.voters.map((_, at) => new VoterUnderTest(world, at))
    this.#silent = new Set(silent)
  }

  /** To all, and everything that follows from it. */
  say(...messages: readonly SignedMessage[]): void {
    const underWay = [...messages]
    for (let message = underWay.shift(); message !== undefined; message = underWay.shift()) {
      for (const voter of this.#speaking()) {
        voter.receive(message)
        underWay.push(...takeSent(voter))
      }
    }
  }

  /** What no message brings about: a deadline, a cancellation, a timeout. */
  tellAll(tell: (voter: VoterUnderTest) => void): void {
    const said: SignedMessage[] = []
    for (const voter of this.#speaking()) {
      tell(voter)
      said.push(...takeSent(voter))
    }
    this.say(...said)
  }

  /** Of each voter that takes part; undefined where it has not decided. */
  get certificates(): readonly (DecisionCertificate | undefined)[] {
    return this.#speaking().map(({ state }) => state.certificate ?? undefined)
  }

  #speaking(): readonly VoterUnderTest[] {
    return this.voters.filter((_, at) => !this.#silent.has(at))
  }
}

/** The certificate that honest voters come to from these ballots. */
export function decideTogether(
  world: DecisionWorld,
  ballots: readonly SignedMessage[],
  ending: 'tally' | 'expired' | 'cancelled' = 'tally',
): DecisionCertificate {
  const network = new PerfectNetwork(world)
  network.say(...ballots)
  if (ending === 'expired') network.tellAll((voter) => voter.input({ type: 'deadline' }))
  if (ending === 'cancelled') network.tellAll((voter) => voter.input({ type: 'cancel' }))
  const [certificate] = network.certificates
  if (certificate === undefined) throw new Error('nothing was decided')
  return certificate
}

function takeSent(voter: VoterUnderTest): SignedMessage[] {
  const { sent } = voter
  voter.forget()
  return sent
}
