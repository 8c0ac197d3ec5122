import type { AgentRegistry } from '../../agents/agent-registry.ts'
import { Admission } from '../../consensus/bft/admission.ts'
import type { ProposalMessage } from '../../consensus/consensus-message.ts'
import { ballotDefect } from '../../consensus/decision-value.ts'
import type { DecisionInstance } from '../../consensus/instance.ts'
import type { Hasher } from '../../consensus/ports/hasher.ts'
import type { SignatureVerifier } from '../../consensus/ports/signature-verifier.ts'
import type { Reminders } from '../../kernel/reminders.ts'
import type { SwarmJournal } from '../../kernel/swarm-journal.ts'
import { assertNever, SwarmError } from '../../model/errors.ts'
import type { AgentId, JsonText, ProposalId } from '../../model/ids.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Logger } from '../../ports/logger.ts'
import type { SwarmStore } from '../../ports/swarm-store.ts'
import type { ConsensusMeter, StatementFate } from '../voters/consensus-meter.ts'
import type { HostedKeys } from '../voters/hosted-keys.ts'
import type { VoterTransport } from '../voters/voter-transport.ts'
import { DecisionWriter } from './decision-writer.ts'
import { instanceOnRecord } from './instance-on-record.ts'
import { LateAnswers } from './late-answers.ts'
import { OpenDecision } from './open-decision.ts'
import type { ProposalRecord } from './proposal-record.ts'
import type { ProposalRepository } from './proposal-repository.ts'
import type { CastBallotRequest, ProposeRequest } from './proposal-requests.ts'
import { ProposalSubmission, type ProposalSubmissionOptions } from './proposal-submission.ts'

export interface ProposalServiceOptions extends ProposalSubmissionOptions {
  /** How long after the deadline somebody must have decided, in milliseconds. */
  readonly decisionPatienceMs: number
}

export interface ProposalServiceModules {
  readonly registry: AgentRegistry
  readonly journal: SwarmJournal
  readonly store: SwarmStore
  readonly repository: ProposalRepository
  readonly keys: HostedKeys
  readonly transport: VoterTransport
  readonly meter: ConsensusMeter
  readonly reminders: Reminders
  readonly clock: Clock
  readonly hasher: Hasher
  readonly verifier: SignatureVerifier
  readonly logger: Logger
  leaderId(): AgentId | null
}

/** When a voter that the store has failed can be asked again, in milliseconds. */
const RETRY_AFTER_MS = 1_000

/** Takes in proposals and ballots, and keeps the agreements that are under way. */
export class ProposalService {
  readonly #options: ProposalServiceOptions
  readonly #modules: ProposalServiceModules
  readonly #admission: Admission
  readonly #intake: ProposalSubmission
  readonly #writer: DecisionWriter
  readonly #late: LateAnswers
  readonly #open = new Map<ProposalId, OpenDecision>()
  /** Proposals being written, counted so that many at once cannot pass the limit together. */
  #takingIn = 0
  #isStopped = false

  constructor(options: ProposalServiceOptions, modules: ProposalServiceModules) {
    this.#options = options
    this.#modules = modules
    this.#admission = new Admission(modules)
    this.#intake = new ProposalSubmission(options, modules)
    this.#writer = new DecisionWriter({ ...modules, ended: (proposalId) => this.#end(proposalId) })
    this.#late = new LateAnswers({
      ...modules,
      admission: this.#admission,
      decided: (...decided) => this.#writer.decided(...decided),
    })
  }

  /** Takes up what the last coordinatorship left open. Voters come back with all that they said. */
  async recover(): Promise<void> {
    const { repository } = this.#modules
    for await (const record of repository.open())
      this.#begin(record, await repository.payload(record.proposalId))
  }

  stop(): void {
    this.#isStopped = true
    for (const decision of this.#open.values()) decision.stop()
    this.#open.clear()
  }

  /** The agent's channel is open. */
  attached(agentId: AgentId): void {
    for (const decision of this.#open.values()) decision.replayTo(agentId)
  }

  /** @throws SwarmError `agent_not_found`, `proposal_unsound`, `electorate_unsound`, `proposal_exists`, `limit_exceeded` */
  async propose(request: ProposeRequest): Promise<ProposalRecord> {
    const record = await this.#takeIn(request)
    // What was taken in before came of the same request, and so with the same payload.
    if (record.status === 'open') this.#begin(record, request.payload)
    return record
  }

  /** What an agent says over its channel. @returns what became of it. @throws SwarmError `not_a_voter`, `ballot_refused` */
  async hear(agentId: AgentId, message: ProposalMessage): Promise<StatementFate | undefined> {
    const { proposalId } = message
    const open = this.#open.get(proposalId)
    if (open !== undefined) return this.#hearVoter(open, agentId, message)
    const record = await this.#modules.repository.find(proposalId)
    if (record?.status !== 'open') return this.#late.answer(agentId, message, record)
    const begun = await this.#takeUp(record)
    return begun === undefined ? undefined : this.#hearVoter(begun, agentId, message)
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
      this.#modules.meter.count(refusal ?? 'accepted')
      if (refusal !== undefined && refusal !== 'duplicate')
        throw new SwarmError('ballot_refused', { agentId, reason: refusal })
    }
    // It may be waiting to be written yet, and is on record when this answers.
    return this.#modules.repository.addBallots(proposalId, decision.ballotsBy(agentId))
  }

  /** @throws SwarmError `proposal_not_found`, `proposal_closed` */
  async cancel(proposalId: ProposalId, reason: string): Promise<ProposalRecord> {
    const decision = await this.#openDecision(proposalId)
    const record = await this.#modules.repository.cancel(proposalId, reason)
    decision.cancel()
    return record
  }

  async #takeIn(request: ProposeRequest): Promise<ProposalRecord> {
    this.#takingIn += 1
    try {
      return await this.#intake.take(request, this.#open.size + this.#takingIn)
    } finally {
      this.#takingIn -= 1
    }
  }

  async #hearVoter(
    decision: OpenDecision,
    agentId: AgentId,
    message: ProposalMessage,
  ): Promise<StatementFate | undefined> {
    if (!decision.instance.electorate.byId.has(agentId)) {
      this.#modules.meter.count('foreign')
      throw new SwarmError('not_a_voter', { agentId })
    }
    switch (message.kind) {
      case 'statement':
        return decision.hear(agentId, message.message) ?? 'accepted'
      case 'certificate':
        return decision.hearCertificate(message.certificate) ?? 'accepted'
      case 'choice':
        await this.#choose(decision, agentId, message)
        return undefined
      case 'ask':
        decision.replayTo(agentId)
        return undefined
      default:
        return assertNever(message)
    }
  }

  /** In one turn: asked for twice at once, a proposal has one agreement all the same. */
  #begin(record: ProposalRecord, payload: JsonText): void {
    const { proposalId, ballots, isCancelled } = record
    // A coordinatorship that was overtaken while it wrote must not begin anything that nobody would end.
    if (this.#isStopped || this.#open.has(proposalId)) return
    const { transport, journal, hasher } = this.#modules
    const instance = instanceOnRecord(record, journal.scope, hasher)
    const decision = new OpenDecision(
      { instance, payload, patienceMs: this.#options.decisionPatienceMs },
      {
        ...this.#modules,
        admission: this.#admission,
        tell: (voters, notice) => transport.tell(voters, notice),
        listener: this.#writer.listenerOf(proposalId),
      },
    )
    this.#open.set(proposalId, decision)
    decision.start(ballots, isCancelled)
  }

  #end(proposalId: ProposalId): void {
    this.#open.get(proposalId)?.stop()
    this.#open.delete(proposalId)
  }

  async #choose(
    decision: OpenDecision,
    agentId: AgentId,
    { choice, reason }: { readonly choice: string; readonly reason?: string },
  ): Promise<void> {
    const { instance } = decision
    const ballot = { voter: agentId, choice, ...(reason === undefined ? {} : { reason }) }
    // Before it is signed: the voter has no other.
    const defect = isSelfHeld(instance, agentId)
      ? 'the agent holds its own key and has to sign'
      : ballotDefect(instance, ballot)
    const outcome = defect ?? (await decision.choose(agentId, choice, reason))
    if (outcome === 'stopped') await this.#explainStop(instance)
    else if (outcome !== 'signed') throw new SwarmError('ballot_refused', { agentId, reason: outcome })
  }

  /** Either the agreement is over, or the store has failed the voter, which takes its seat again soon. */
  async #explainStop({ proposalId }: DecisionInstance): Promise<never> {
    const { status } = await this.#record(proposalId)
    if (status !== 'open') throw new SwarmError('proposal_closed', { proposalId, status })
    const reason = 'the ballot may not be on record'
    throw new SwarmError('store_unavailable', { reason, retryAfterMs: RETRY_AFTER_MS })
  }

  async #openDecision(proposalId: ProposalId): Promise<OpenDecision> {
    const open = this.#open.get(proposalId)
    if (open !== undefined) return open
    const record = await this.#record(proposalId)
    const begun = record.status === 'open' ? await this.#takeUp(record) : undefined
    if (begun === undefined) throw new SwarmError('proposal_closed', { proposalId, status: record.status })
    return begun
  }

  /** The store took it in without answering, so that nobody was told of it yet. */
  async #takeUp(record: ProposalRecord): Promise<OpenDecision | undefined> {
    const { proposalId } = record
    this.#begin(record, await this.#modules.repository.payload(proposalId))
    return this.#open.get(proposalId)
  }

  async #record(proposalId: ProposalId): Promise<ProposalRecord> {
    const record = await this.#modules.repository.find(proposalId)
    if (record === undefined) throw new SwarmError('proposal_not_found', { proposalId })
    return record
  }
}

function isSelfHeld({ electorate }: DecisionInstance, agentId: AgentId): boolean {
  return electorate.byId.get(agentId)?.custody === 'self'
}
