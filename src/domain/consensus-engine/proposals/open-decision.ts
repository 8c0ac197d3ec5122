import { ballotsIn } from '../../consensus/ballot-box.ts'
import type { AdmissionRefusal, Admitted } from '../../consensus/bft/admission.ts'
import { openInstance, stepBft } from '../../consensus/bft/bft-core.ts'
import {
  type BftEffect,
  type BftInput,
  type BftState,
  freshCandidate,
} from '../../consensus/bft/bft-state.ts'
import type { BallotOutcome } from '../../consensus/bft/decision-voter.ts'
import { sentByAll } from '../../consensus/bft/vote-keeper.ts'
import type { DecisionCertificate } from '../../consensus/certificate.ts'
import type { ConsensusNotice } from '../../consensus/consensus-message.ts'
import type { Equivocation } from '../../consensus/evidence.ts'
import type { DecisionInstance } from '../../consensus/instance.ts'
import type { SignedBallot, SignedMessage } from '../../consensus/signed-messages.ts'
import type { AgentId, JsonText, MonotonicMs } from '../../model/ids.ts'
import { HostedVoters, type HostedVotersModules } from './hosted-voters.ts'

export interface OpenDecisionOptions {
  readonly instance: DecisionInstance
  readonly payload: JsonText
  /** How long after the deadline somebody must have decided, in milliseconds. */
  readonly patienceMs: number
}

/** How long a decision took, in whole milliseconds. */
export interface DecisionTimes {
  /** Until the ballots decided, or it ended otherwise. */
  readonly deliberationMs: number
  /** From then until the certificate. */
  readonly agreementMs: number
}

export interface OpenDecisionModules extends Omit<HostedVotersModules, 'say' | 'said'> {
  /** To voters that run in agents' own processes. */
  tell(voters: Iterable<AgentId>, notice: ConsensusNotice): void
  readonly listener: OpenDecisionListener
}

export interface OpenDecisionListener {
  ballotTaken(ballot: SignedBallot): void
  accused(equivocation: Equivocation): void
  decided(certificate: DecisionCertificate, times: DecisionTimes): void
  /** The deadline is long past, and nobody has shown a certificate. */
  gaveUp(): void
}

/**
 * One agreement as the hub sees it: it carries the voters' words to each other, keeps them for whoever comes back, and
 * watches as an observer without a vote. It can delay and drop; it cannot vote, but for agents whose keys it holds.
 */
export class OpenDecision {
  readonly instance: DecisionInstance
  readonly #options: OpenDecisionOptions
  readonly #modules: OpenDecisionModules
  readonly #hosted: HostedVoters
  readonly #selfVoters: readonly AgentId[]
  readonly #openedAt: MonotonicMs
  readonly #timers: (() => void)[] = []
  #state: BftState
  #deliberatedAt: MonotonicMs | undefined

  constructor(options: OpenDecisionOptions, modules: OpenDecisionModules) {
    const { instance, patienceMs } = options
    const { clock } = modules
    this.instance = instance
    this.#options = options
    this.#modules = modules
    this.#openedAt = clock.monotonic()
    this.#selfVoters = instance.electorate.voters
      .filter(({ custody }) => custody === 'self')
      .map(({ agentId }) => agentId)
    this.#hosted = new HostedVoters(
      { instance },
      { ...modules, say: (voter, message) => this.hear(voter, message), said: () => this.#said() },
    )
    this.#state = openInstance(instance, null)[0]
    const { deadlineMs } = instance.proposal
    this.#timers.push(
      clock.setTimer(deadlineMs, () => this.#step({ type: 'deadline' })),
      clock.setTimer(deadlineMs + patienceMs, () => modules.listener.gaveUp()),
    )
  }

  /** @param known what the hub had heard of it before it was restarted. */
  start(known: readonly SignedBallot[], isCancelled: boolean): void {
    for (const ballot of known) this.#step({ type: 'ballot', ballot })
    if (isCancelled) this.#step({ type: 'cancel' })
    this.#modules.tell(this.instance.electorate.byId.keys(), this.#opened())
    if (isCancelled) this.#hosted.cancel()
    this.#hosted.seat()
  }

  stop(): void {
    for (const cancel of this.#timers) cancel()
    this.#hosted.stop()
  }

  /** @returns why the message was not passed on; undefined where it was. */
  hear(from: AgentId | undefined, message: SignedMessage): AdmissionRefusal | undefined {
    const { admission, tell } = this.#modules
    const admitted = admission.admit(this.#state, message)
    if (admitted.type === 'refused') return admitted.reason
    // Passed on before it is weighed: the voters' time counts, the observer's does not.
    const { proposalId } = this.instance
    tell(without(this.#selfVoters, from), { kind: 'statement', proposalId, message })
    this.#hosted.receive(message, from)
    this.#step(admitted.input)
    if (message.kind === 'ballot') this.#modules.listener.ballotTaken(message)
    return undefined
  }

  /** Those that were heard. */
  ballotsBy(voter: AgentId): readonly SignedBallot[] {
    return this.#state.ballots.get(voter) ?? []
  }

  /** @param json from a voter that decided before the observer saw why. */
  hearCertificate(json: unknown): AdmissionRefusal | undefined {
    const admitted: Admitted = this.#modules.admission.admitCertificate(this.#state, json)
    if (admitted.type === 'refused') return admitted.reason
    this.#step(admitted.input)
    return undefined
  }

  /** For an agent whose key the hub holds. */
  choose(agentId: AgentId, choice: string, reason?: string): Promise<BallotOutcome> {
    return this.#hosted.choose(agentId, choice, reason)
  }

  cancel(): void {
    this.#step({ type: 'cancel' })
    const { proposalId, electorate } = this.instance
    this.#modules.tell(electorate.byId.keys(), { kind: 'cancelled', proposalId })
    this.#hosted.cancel()
  }

  /** Everything a voter may have missed while it was away. */
  replayTo(agentId: AgentId): void {
    const { electorate, proposalId } = this.instance
    const voter = electorate.byId.get(agentId)
    if (voter === undefined) return
    const { tell } = this.#modules
    tell([agentId], this.#opened())
    if (voter.custody === 'hub') return
    for (const message of this.#said()) tell([agentId], { kind: 'statement', proposalId, message })
  }

  #opened(): ConsensusNotice {
    const { tenantId, swarmId, proposalId, proposal, electorate } = this.instance
    return {
      kind: 'opened',
      tenantId,
      swarmId,
      proposalId,
      proposal,
      electorate: electorate.voters,
      payload: this.#options.payload,
      isCancelled: this.#state.isCancelled,
    }
  }

  #said(): readonly SignedMessage[] {
    return [...ballotsIn(this.#state.ballots), ...sentByAll(this.#state.keeper, 0)]
  }

  #step(input: BftInput): void {
    const { hasher } = this.#modules
    const [state, effects] = stepBft(this.#state, input, hasher)
    this.#state = state
    // Before the effects, since a decision among them is told how long it took.
    if (this.#deliberatedAt === undefined && freshCandidate(state, hasher) !== null) {
      this.#deliberatedAt = this.#modules.clock.monotonic()
    }
    for (const effect of effects) this.#perform(effect)
  }

  /** An observer signs nothing and keeps no rounds: what it finds out is all that matters. */
  #perform(effect: BftEffect): void {
    const { listener } = this.#modules
    if (effect.type === 'accuse') listener.accused(effect.equivocation)
    if (effect.type === 'decided') listener.decided(effect.certificate, this.#times())
  }

  #times(): DecisionTimes {
    const now = this.#modules.clock.monotonic()
    const deliberatedAt = this.#deliberatedAt ?? now
    return {
      deliberationMs: Math.round(deliberatedAt - this.#openedAt),
      agreementMs: Math.round(now - deliberatedAt),
    }
  }
}

function without(voters: readonly AgentId[], one: AgentId | undefined): readonly AgentId[] {
  return voters.filter((voter) => voter !== one)
}
