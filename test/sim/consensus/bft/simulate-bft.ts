import { Admission } from '#domain/consensus/bft/admission.ts'
import { blame } from '#domain/consensus/bft/blame.ts'
import type { DecisionCertificate } from '#domain/consensus/certificate.ts'
import { type Equivocation, provesEquivocation } from '#domain/consensus/evidence.ts'
import { signBytes } from '#domain/consensus/sign-bytes.ts'
import type { SignedMessage } from '#domain/consensus/signed-messages.ts'
import { verifyDecision } from '#domain/consensus/verify-decision.ts'
import { bytesToHex } from '#domain/model/hex.ts'
import type { AgentId } from '#domain/model/ids.ts'
import { SeededRandom } from '#simulation/seeded-random.ts'
import { DecisionWorld } from '../../../helpers/decision/decision-world.ts'
import { type BftPieces, SOUND_PIECES } from './bft-pieces.ts'
import { ByzantineVoter } from './byzantine-voter.ts'
import { HonestVoter, type VoterModules } from './honest-voter.ts'
import { HostileNetwork } from './hostile-network.ts'
import { randomScenario, type Scenario } from './scenario.ts'
import { VirtualTime } from './virtual-time.ts'

export interface BftReport {
  /** Broken invariants, in words; empty when all is well. */
  readonly violations: readonly string[]
  readonly verdict: string
  readonly decidedAtMs: number
  readonly rounds: number
  readonly accusedCount: number
  readonly byzantineCount: number
  readonly refusals: Readonly<Record<string, number>>
}

/** Once the network is calm: enough for every voter to have its turn at the longest timeouts. */
const CALM_MS_MAX = 300_000

/** One agreement among honest and lying voters over a network that does its worst and then calms down. */
export function simulateBft(seed: number, pieces: BftPieces = SOUND_PIECES): BftReport {
  return new BftSimulation(seed, pieces).run()
}

class BftSimulation {
  readonly #random: SeededRandom
  readonly #world: DecisionWorld
  readonly #time = new VirtualTime()
  readonly #network: HostileNetwork
  readonly #scenario: Scenario
  readonly #honest = new Map<AgentId, HonestVoter>()
  readonly #byzantine = new Map<AgentId, ByzantineVoter>()
  readonly #choices = new Map<AgentId, string>()
  readonly #decisions = new Map<AgentId, DecisionCertificate>()
  readonly #signed = new Map<string, string>()
  readonly #violations = new Set<string>()
  readonly #accused = new Set<AgentId>()
  readonly #refusals: Record<string, number> = {}

  constructor(seed: number, pieces: BftPieces) {
    const random = new SeededRandom(seed)
    this.#random = random
    const scenario = randomScenario(random)
    this.#scenario = scenario
    const { weights } = scenario
    this.#world = new DecisionWorld({ weights, proposal: { deadlineMs: 1_500 }, proposalId: `seed-${seed}` })
    this.#network = new HostileNetwork(scenario.faults, {
      time: this.#time,
      random: random.fork(),
      voters: this.#world.voters,
      deliver: (to, wire) => (this.#honest.get(to) ?? this.#byzantine.get(to))?.receive(wire),
    })
    this.#populate(pieces)
  }

  run(): BftReport {
    for (const voter of [...this.#honest.values(), ...this.#byzantine.values()]) voter.start()
    this.#replayAnotherInstance()
    const limitMs = this.#scenario.faults.calmAtMs + CALM_MS_MAX
    const isDone = this.#time.runUntil(limitMs, () => this.#decisions.size === this.#honest.size)
    if (!isDone)
      this.#violate(`liveness: ${this.#honest.size - this.#decisions.size} honest voters never decide`)
    this.#checkDecisions()
    this.#checkBlame()
    const [first] = this.#decisions.values()
    return {
      violations: [...this.#violations],
      verdict: first === undefined ? 'none' : `${first.ending} ${first.outcome.verdict}`,
      decidedAtMs: this.#time.nowMs,
      rounds: first === undefined ? 0 : first.round + 1,
      accusedCount: this.#accused.size,
      byzantineCount: this.#byzantine.size,
      refusals: this.#refusals,
    }
  }

  #populate(pieces: BftPieces): void {
    const { liars, honest } = this.#scenario
    for (const [at, name] of this.#world.voters.entries()) {
      const behaviour = liars.get(at)
      const options = honest.get(at)
      const modules = this.#modules(pieces)
      if (behaviour !== undefined) this.#byzantine.set(name, new ByzantineVoter(at, behaviour, modules))
      if (options === undefined) continue
      this.#honest.set(name, new HonestVoter(options, modules))
      if (options.choice !== null) this.#choices.set(name, options.choice)
    }
  }

  #modules(pieces: BftPieces): VoterModules {
    return {
      world: this.#world,
      pieces,
      admission: new Admission(this.#world),
      network: this.#network,
      time: this.#time,
      random: this.#random.fork(),
      observer: {
        sent: (voter, message) => this.#checkSlot(voter, message),
        decided: (voter, certificate) => this.#checkCertificate(voter, certificate),
        accused: (by, equivocation) => this.#checkEvidence(by, equivocation),
        refused: (reason) => {
          this.#refusals[reason] = (this.#refusals[reason] ?? 0) + 1
        },
      },
    }
  }

  /** The same voters with the same keys decided something else before: nothing of that may count here. */
  #replayAnotherInstance(): void {
    const { voters, instance } = this.#world
    const weights = instance.electorate.voters.map(({ weight }) => weight)
    const old = new DecisionWorld({ weights, proposalId: 'an-old-one' })
    const value = old.value(voters.map((_, at) => old.ballot(at, 'reject')))
    const at = this.#random.integer(voters.length)
    this.#network.inject(old.ballot(at, 'reject'))
    this.#network.inject(old.nomination(0, value))
    for (const [from] of voters.entries()) this.#network.inject(old.precommit(from, 0, value))
  }

  /** No honest voter ever signs twice for one slot. */
  #checkSlot(voter: AgentId, message: SignedMessage): void {
    const slot = `${voter} ${message.kind} ${message.kind === 'ballot' ? '' : message.round}`
    const bytes = bytesToHex(signBytes(this.#world.instance, message))
    const before = this.#signed.get(slot)
    if (before !== undefined && before !== bytes) this.#violate(`double signature: ${slot}`)
    this.#signed.set(slot, bytes)
  }

  #checkCertificate(voter: AgentId, certificate: DecisionCertificate): void {
    const verdict = verifyDecision(toJson(certificate), this.#world.instance.electorate.hash, this.#world)
    if (!verdict.isValid) this.#violate(`certificate: ${verdict.defect}`)
    const before = this.#decisions.get(voter)
    if (before !== undefined && valueOf(before) !== valueOf(certificate))
      this.#violate(`changed its mind: ${voter}`)
    this.#decisions.set(voter, certificate)
  }

  #checkEvidence(by: AgentId, equivocation: Equivocation): void {
    this.#accused.add(equivocation.voter)
    if (this.#honest.has(equivocation.voter)) this.#violate(`evidence: ${by} accuses ${equivocation.voter}`)
    const { instance, verifier } = this.#world
    if (!provesEquivocation(instance, equivocation, verifier)) this.#violate(`evidence: ${by} proves nothing`)
  }

  #checkDecisions(): void {
    const values = new Set([...this.#decisions.values()].map(valueOf))
    if (values.size > 1) this.#violate(`agreement: ${values.size} different decisions`)
    for (const { outcome } of this.#decisions.values()) this.#checkOutcome(outcome.verdict)
  }

  /** Validity: what honest ballots alone have settled, no liar turns round. */
  #checkOutcome(verdict: string): void {
    const { proposal, electorate } = this.#world.instance
    const { numerator, denominator } = proposal.threshold
    const reaches = (weight: number) => weight * denominator >= numerator * electorate.totalWeight
    const weightOf = (fits: (choice: string) => boolean) =>
      [...this.#choices]
        .filter(([, choice]) => fits(choice))
        .reduce((sum, [voter]) => sum + (electorate.byId.get(voter)?.weight ?? 0), 0)
    const approve = weightOf((choice) => choice === 'approve')
    const against = weightOf((choice) => choice !== 'approve')
    if (verdict === 'rejected' && reaches(approve))
      this.#violate('validity: rejected though approved by honest voters')
    if (verdict === 'approved' && !reaches(electorate.totalWeight - against)) {
      this.#violate('validity: approved though rejected by honest voters')
    }
  }

  /** Whatever liars did, the transcripts of the honest never turn against one of them. */
  #checkBlame(): void {
    const { instance, verifier } = this.#world
    const transcripts = [...this.#honest.values()].map(({ transcript, journal }) => [
      ...transcript,
      // What was on record when its process died belongs to it, too.
      ...journal.map(({ message }) => message),
    ])
    for (const { voter } of blame(instance, transcripts, verifier)) {
      if (this.#honest.has(voter)) this.#violate(`blame: names ${voter}`)
    }
  }

  #violate(violation: string): void {
    this.#violations.add(violation)
  }
}

/** As it travels. */
function toJson(certificate: DecisionCertificate): unknown {
  return JSON.parse(JSON.stringify(certificate))
}

function valueOf({ ending, ballots }: DecisionCertificate): string {
  return JSON.stringify([ending, ballots])
}
