import { isSwarmError, SwarmError } from '../../errors.ts'
import { type AgentId, type ProposalId, type SwarmId, splitScope } from '../../ids.ts'
import type { AgentRegistry } from '../../orchestration/agent-registry.ts'
import type { Reminders } from '../../orchestration/reminders.ts'
import type { SwarmJournal } from '../../orchestration/swarm-journal.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Logger } from '../../ports/logger.ts'
import type { SwarmStore } from '../../ports/swarm-store.ts'
import { Admission } from '../bft/admission.ts'
import { openInstance } from '../bft/bft-core.ts'
import type { DecisionCertificate } from '../certificate.ts'
import type { ConsensusUtterance } from '../consensus-talk.ts'
import { createElectorate } from '../electorate.ts'
import type { Equivocation } from '../evidence.ts'
import { createInstance, type DecisionInstance } from '../instance.ts'
import type { Hasher } from '../ports/hasher.ts'
import type { SignatureVerifier } from '../ports/signature-verifier.ts'
import { BallotWriter } from './ballot-writer.ts'
import type { ConsensusMeter } from './consensus-meter.ts'
import type { HostedKeys } from './hosted-keys.ts'
import { type DecisionTimes, OpenDecision, type OpenDecisionListener } from './open-decision.ts'
import { ProposalIntake, type ProposalIntakeOptions } from './proposal-intake.ts'
import type { ProposalLedger } from './proposal-ledger.ts'
import type { ProposalRecord } from './proposal-record.ts'
import type { CastBallotRequest, ProposeRequest } from './proposal-requests.ts'
import type { VotersLine } from './voters-line.ts'

export interface ProposalDeskOptions extends ProposalIntakeOptions {
  /** How long after the deadline somebody must have decided, in milliseconds. */
  readonly decisionPatienceMs: number
}

export interface ProposalDeskModules {
  readonly registry: AgentRegistry
  readonly journal: SwarmJournal
  readonly store: SwarmStore
  readonly ledger: ProposalLedger
  readonly keys: HostedKeys
  readonly line: VotersLine
  readonly meter: ConsensusMeter
  readonly reminders: Reminders
  readonly clock: Clock
  readonly hasher: Hasher
  readonly verifier: SignatureVerifier
  readonly logger: Logger
  leaderId(): AgentId | null
}

type ProposalUtterance = Extract<ConsensusUtterance, { readonly proposalId: ProposalId }>

/** Pause before another try where the store refused, in milliseconds. */
const TRY_AGAIN_MS = 500

/** Takes in proposals and ballots, and keeps the agreements that are under way. */
export class ProposalDesk {
  readonly #options: ProposalDeskOptions
  readonly #modules: ProposalDeskModules
  readonly #admission: Admission
  readonly #intake: ProposalIntake
  readonly #open = new Map<ProposalId, OpenDecision>()

  constructor(options: ProposalDeskOptions, modules: ProposalDeskModules) {
    this.#options = options
    this.#modules = modules
    this.#admission = new Admission(modules)
    this.#intake = new ProposalIntake(options, modules)
  }

  /** Takes up what the last coordinatorship left open. Voters come back with all that they said. */
  async recover(): Promise<void> {
    for await (const record of this.#modules.ledger.open()) await this.#begin(record)
  }

  stop(): void {
    for (const decision of this.#open.values()) decision.stop()
    this.#open.clear()
  }

  /** The agent's channel is open. */
  attached(agentId: AgentId): void {
    for (const decision of this.#open.values()) decision.replayTo(agentId)
  }

  /** @throws SwarmError `agent_not_found`, `proposal_unsound`, `electorate_unsound`, `proposal_exists`, `limit_exceeded` */
  async propose(request: ProposeRequest): Promise<ProposalRecord> {
    const record = await this.#intake.take(request, this.#open.size)
    if (record.status === 'open') await this.#begin(record)
    return record
  }

  /** What an agent says over its channel. */
  async hear(agentId: AgentId, utterance: ProposalUtterance): Promise<void> {
    const decision = this.#open.get(utterance.proposalId)
    if (decision === undefined) {
      await this.#answerLate(agentId, utterance)
      return
    }
    if (!decision.instance.electorate.byId.has(agentId)) {
      this.#modules.meter.count('foreign')
      throw new SwarmError('not_a_voter', { agentId })
    }
    if (utterance.kind === 'choice') await this.#choose(decision, agentId, utterance)
    else if (utterance.kind === 'ask') decision.replayTo(agentId)
    else if (utterance.kind === 'certificate') this.#count(decision.hearCertificate(utterance.certificate))
    else this.#count(decision.hear(agentId, utterance.message))
  }

  /** @throws SwarmError `proposal_not_found`, `proposal_closed`, `not_a_voter`, `ballot_refused` */
  async castBallot(request: CastBallotRequest): Promise<ProposalRecord> {
    const { proposalId, agentId, signature } = request
    const decision = await this.#openDecision(proposalId)
    if (!decision.instance.electorate.byId.has(agentId)) throw new SwarmError('not_a_voter', { agentId })
    if (signature === undefined) await this.#choose(decision, agentId, request)
    else {
      const { choice, reason } = request
      const said = reason === undefined ? { choice } : { choice, reason }
      const refusal = decision.hear(undefined, { kind: 'ballot', voter: agentId, ...said, signature })
      this.#count(refusal)
      if (refusal !== undefined && refusal !== 'duplicate')
        throw new SwarmError('ballot_refused', { agentId, reason: refusal })
    }
    return this.#record(proposalId)
  }

  /** @throws SwarmError `proposal_not_found`, `proposal_closed` */
  async cancel(proposalId: ProposalId, reason: string): Promise<ProposalRecord> {
    const decision = await this.#openDecision(proposalId)
    const record = await this.#modules.ledger.cancel(proposalId, reason)
    decision.cancel()
    return record
  }

  async #begin(record: ProposalRecord): Promise<void> {
    const { ledger, line } = this.#modules
    const { proposalId, ballots, isCancelled } = record
    if (this.#open.has(proposalId)) return
    const instance = this.#instanceOf(record)
    const payload = await ledger.payload(proposalId)
    const decision = new OpenDecision(
      { instance, payload, patienceMs: this.#options.decisionPatienceMs },
      {
        ...this.#modules,
        admission: this.#admission,
        tell: (voters, notice) => line.tell(voters, notice),
        listener: this.#listenerOf(proposalId),
      },
    )
    this.#open.set(proposalId, decision)
    await decision.start(ballots, isCancelled)
  }

  #listenerOf(proposalId: ProposalId): OpenDecisionListener {
    const { ledger } = this.#modules
    const ballots = new BallotWriter((taken) =>
      this.#write(proposalId, () => ledger.addBallots(proposalId, taken)),
    )
    return {
      ballotTaken: (ballot) => ballots.add(ballot),
      accused: (equivocation) => this.#accuse(proposalId, equivocation),
      decided: (certificate, times) => this.#decided(proposalId, certificate, times),
      gaveUp: () =>
        void this.#write(proposalId, async () => {
          const { electorate } = await ledger.giveUp(proposalId)
          this.#end(
            proposalId,
            electorate.map(({ agentId }) => agentId),
          )
        }),
    }
  }

  #decided(proposalId: ProposalId, certificate: DecisionCertificate, times: DecisionTimes): void {
    const { ledger, line } = this.#modules
    void this.#write(proposalId, async () => {
      await ledger.decide(proposalId, certificate, times)
      const voters = certificate.electorate.map(({ agentId }) => agentId)
      line.tell(voters, { kind: 'certificate', proposalId, certificate })
      this.#end(proposalId)
    })
  }

  /** @param told whom to tell that nothing came of it */
  #end(proposalId: ProposalId, told: readonly AgentId[] = []): void {
    this.#open.get(proposalId)?.stop()
    this.#open.delete(proposalId)
    if (told.length > 0) this.#modules.line.tell(told, { kind: 'closed', proposalId })
  }

  #accuse(proposalId: ProposalId, equivocation: Equivocation): void {
    const { ledger, registry } = this.#modules
    const { voter, first } = equivocation
    const reason = `signed two different ${first.kind}s in the decision on ${proposalId}`
    void this.#write(proposalId, async () => {
      await ledger.addEvidence(proposalId, equivocation)
      if (registry.find(voter)?.record.quarantine !== undefined) return
      await registry.change(voter, 'agent.quarantined', (record) => ({ ...record, quarantine: reason }), {
        reason,
      })
    })
  }

  /** Until the store takes it. Never rejects; what is tried again is not waited for. */
  async #write(proposalId: ProposalId, write: () => Promise<unknown>): Promise<void> {
    const { logger, reminders } = this.#modules
    try {
      await write()
    } catch (error) {
      logger.warn({ error, proposalId }, 'proposal not written')
      if (isSwarmError(error, 'store_unavailable'))
        reminders.set(TRY_AGAIN_MS, () => void this.#write(proposalId, write))
    }
  }

  async #choose(
    decision: OpenDecision,
    agentId: AgentId,
    { choice, reason }: { readonly choice: string; readonly reason?: string },
  ): Promise<void> {
    const { proposal } = decision.instance
    if (choice !== 'abstain' && !proposal.options.includes(choice))
      throw new SwarmError('ballot_refused', { agentId, reason: 'it is for no option' })
    const outcome = await decision.choose(agentId, choice, reason)
    if (outcome === 'signed') return
    throw new SwarmError('ballot_refused', {
      agentId,
      reason: outcome === undefined ? 'the agent holds its own key and has to sign' : outcome,
    })
  }

  /** Somebody is still at what is over for the hub. */
  async #answerLate(agentId: AgentId, utterance: ProposalUtterance): Promise<void> {
    const { ledger, line, meter } = this.#modules
    const { proposalId } = utterance
    if (utterance.kind !== 'ask') meter.count('not_open')
    const record = await ledger.find(proposalId)
    if (record !== undefined && record.certificate !== null) {
      line.tell([agentId], { kind: 'certificate', proposalId, certificate: record.certificate })
    } else if (record !== undefined && utterance.kind === 'certificate') {
      const [observer] = openInstance(this.#instanceOf(record), null)
      const admitted = this.#admission.admitCertificate(observer, utterance.certificate)
      if (admitted.type === 'admitted' && admitted.input.type === 'certificate') {
        const agreementMs = Math.max(0, this.#modules.clock.now() - record.openedAt)
        this.#decided(proposalId, admitted.input.certificate, { deliberationMs: 0, agreementMs })
      }
    } else line.tell([agentId], { kind: 'closed', proposalId })
  }

  #count(refusal: Parameters<ConsensusMeter['count']>[0] | undefined): void {
    this.#modules.meter.count(refusal ?? 'accepted')
  }

  #instanceOf({ proposalId, proposal, electorate }: ProposalRecord): DecisionInstance {
    const { journal, hasher } = this.#modules
    const { tenant, swarm } = splitScope(journal.scope)
    const place = { tenantId: tenant, swarmId: swarm as SwarmId, proposalId }
    return createInstance(place, proposal, createElectorate(electorate, hasher), hasher)
  }

  async #openDecision(proposalId: ProposalId): Promise<OpenDecision> {
    const decision = this.#open.get(proposalId)
    if (decision !== undefined) return decision
    const { status } = await this.#record(proposalId)
    throw new SwarmError('proposal_closed', { proposalId, status })
  }

  async #record(proposalId: ProposalId): Promise<ProposalRecord> {
    const record = await this.#modules.ledger.find(proposalId)
    if (record === undefined) throw new SwarmError('proposal_not_found', { proposalId })
    return record
  }
}
