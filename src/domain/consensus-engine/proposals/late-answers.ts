import type { Admission } from '../../consensus/bft/admission.ts'
import { openInstance } from '../../consensus/bft/bft-core.ts'
import type { DecisionCertificate } from '../../consensus/certificate.ts'
import type { ProposalMessage } from '../../consensus/consensus-message.ts'
import type { Hasher } from '../../consensus/ports/hasher.ts'
import type { SwarmJournal } from '../../kernel/swarm-journal.ts'
import { SwarmError } from '../../model/errors.ts'
import type { AgentId, ProposalId } from '../../model/ids.ts'
import type { Clock } from '../../ports/clock.ts'
import type { ConsensusMeter, StatementFate } from '../voters/consensus-meter.ts'
import type { VoterTransport } from '../voters/voter-transport.ts'
import { instanceOnRecord } from './instance-on-record.ts'
import type { DecisionTimes } from './open-decision.ts'
import type { ProposalRecord } from './proposal-record.ts'

export interface LateAnswersModules {
  readonly journal: SwarmJournal
  readonly transport: VoterTransport
  readonly meter: ConsensusMeter
  readonly clock: Clock
  readonly hasher: Hasher
  readonly admission: Admission
  /** A certificate turned up for what had been given up. */
  decided(proposalId: ProposalId, certificate: DecisionCertificate, times: DecisionTimes): void
}

/** Answers voters that are still at a proposal which is over for the hub. */
export class LateAnswers {
  readonly #modules: LateAnswersModules

  constructor(modules: LateAnswersModules) {
    this.#modules = modules
  }

  /**
   * @param record of a proposal that has ended; undefined where nobody knows it any more
   * @returns what became of the word
   * @throws SwarmError `not_a_voter`
   */
  answer(
    agentId: AgentId,
    message: ProposalMessage,
    record: ProposalRecord | undefined,
  ): StatementFate | undefined {
    const { transport, meter } = this.#modules
    const { proposalId } = message
    if (record?.electorate.every((voter) => voter.agentId !== agentId)) {
      meter.count('foreign')
      throw new SwarmError('not_a_voter', { agentId })
    }
    const certificate = record?.certificate ?? null
    if (certificate !== null) transport.tell([agentId], { kind: 'certificate', proposalId, certificate })
    else if (record !== undefined && message.kind === 'certificate') this.#take(message.certificate, record)
    else transport.tell([agentId], { kind: 'closed', proposalId })
    return message.kind === 'ask' ? undefined : 'not_open'
  }

  #take(json: unknown, record: ProposalRecord): void {
    const { journal, hasher, admission, clock, decided } = this.#modules
    const [observer] = openInstance(instanceOnRecord(record, journal.scope, hasher), null)
    const admitted = admission.admitCertificate(observer, json)
    if (admitted.type === 'refused' || admitted.input.type !== 'certificate') return
    const agreementMs = Math.max(0, clock.now() - record.openedAt)
    decided(record.proposalId, admitted.input.certificate, { deliberationMs: 0, agreementMs })
  }
}
