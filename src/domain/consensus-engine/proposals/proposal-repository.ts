import { saysTheSame } from '../../consensus/ballot-box.ts'
import type { DecisionCertificate } from '../../consensus/certificate.ts'
import { idsOf } from '../../consensus/electorate.ts'
import type { Equivocation } from '../../consensus/evidence.ts'
import type { SignedBallot } from '../../consensus/signed-messages.ts'
import { allRecords } from '../../kernel/all-records.ts'
import type { SwarmJournal } from '../../kernel/swarm-journal.ts'
import { unchanged } from '../../kernel/swarm-journal.ts'
import { SwarmError } from '../../model/errors.ts'
import type { ConsensusEvents } from '../../model/events/consensus-events.ts'
import type { EventDraft } from '../../model/events.ts'
import { type DataOf, eventDraft } from '../../model/events.ts'
import type { JsonText, ProposalId } from '../../model/ids.ts'
import type { Clock } from '../../ports/clock.ts'
import { put, type StoredRecord } from '../../ports/records.ts'
import type { Step, SwarmStore } from '../../ports/swarm-store.ts'
import type { DecisionTimes } from './open-decision.ts'
import { PROPOSAL_PAYLOAD_RECORDS, PROPOSAL_RECORDS, type ProposalRecord } from './proposal-record.ts'

export interface ProposalRepositoryModules {
  readonly journal: SwarmJournal
  readonly store: SwarmStore
  readonly clock: Clock
}

/** What a step makes of a record; undefined where there is nothing to change any more. */
type Change = { readonly record: ProposalRecord; readonly events: readonly EventDraft[] } | undefined

/** Writes what becomes of proposals: each change with its event, in one step, and none of them twice. */
export class ProposalRepository {
  readonly #modules: ProposalRepositoryModules

  constructor(modules: ProposalRepositoryModules) {
    this.#modules = modules
  }

  async find(proposalId: ProposalId): Promise<ProposalRecord | undefined> {
    const { store, journal } = this.#modules
    return (await store.get(journal.scope, keyOf(proposalId)))?.value
  }

  async payload(proposalId: ProposalId): Promise<JsonText> {
    const { store, journal } = this.#modules
    const stored = await store.get(journal.scope, { kind: PROPOSAL_PAYLOAD_RECORDS, id: proposalId })
    return stored?.value ?? ('null' as JsonText)
  }

  async *open(): AsyncGenerator<ProposalRecord> {
    const { store, journal } = this.#modules
    for await (const { value } of allRecords(store, journal.scope, PROPOSAL_RECORDS, { openOnly: true }))
      yield value
  }

  /** @returns what was there already, where it came of the same request. @throws SwarmError `proposal_exists` */
  add(record: ProposalRecord, payload: JsonText): Promise<ProposalRecord> {
    const { proposalId } = record
    return this.#modules.journal.transact([keyOf(proposalId)] as const, ([stored]) => {
      if (stored !== undefined) {
        if (stored.value.fingerprint === record.fingerprint) return unchanged(stored.value)
        throw new SwarmError('proposal_exists', { proposalId })
      }
      const { proposal, electorate } = record
      const { title, deadlineMs } = proposal
      const voters = idsOf(electorate)
      return {
        ...unchanged(record),
        writes: [
          put(PROPOSAL_RECORDS, proposalId, record, { isOpen: true }),
          put(PROPOSAL_PAYLOAD_RECORDS, proposalId, payload),
        ],
        events: [this.#event('proposal.opened', proposalId, { title, voters, deadlineMs })],
      }
    })
  }

  /** Those that are not there yet, each with its event; none once it is decided which ones count. */
  addBallots(proposalId: ProposalId, ballots: readonly SignedBallot[]): Promise<ProposalRecord> {
    return this.#change(proposalId, (before) => {
      const fresh = before.status === 'decided' ? [] : unseenOf(ballots, before)
      if (fresh.length === 0) return undefined
      const record = { ...before, ballots: [...before.ballots, ...fresh] }
      return { record, events: this.#ballotsCast(proposalId, fresh) }
    })
  }

  addEvidence(proposalId: ProposalId, equivocation: Equivocation): Promise<ProposalRecord> {
    const { voter, first } = equivocation
    return this.#change(proposalId, (before) => {
      if (before.evidence.some((other) => other.voter === voter)) return undefined
      const contradicted = this.#event('proposal.equivocation', proposalId, { voter, statement: first.kind })
      const record = { ...before, evidence: [...before.evidence, equivocation] }
      return { record, events: [contradicted] }
    })
  }

  /** @throws SwarmError `proposal_not_found`, `proposal_closed` */
  cancel(proposalId: ProposalId, reason: string): Promise<ProposalRecord> {
    return this.#change(proposalId, (record) => {
      const { status, isCancelled } = record
      if (status !== 'open') throw new SwarmError('proposal_closed', { proposalId, status })
      if (isCancelled) return undefined
      const requested = this.#event('proposal.cancel_requested', proposalId, { reason })
      return { record: { ...record, isCancelled: true }, events: [requested] }
    })
  }

  /** Also what was given up before. Ballots that nobody had heard of before the certificate came have their events, too. */
  decide(
    proposalId: ProposalId,
    certificate: DecisionCertificate,
    times: DecisionTimes,
  ): Promise<ProposalRecord> {
    const { outcome, ending, round } = certificate
    const ballots = certificate.ballots.map((ballot): SignedBallot => ({ kind: 'ballot', ...ballot }))
    const endedAt = this.#modules.clock.now()
    return this.#change(proposalId, (before) => {
      if (before.status === 'decided') return undefined
      const decided = this.#event('proposal.decided', proposalId, { outcome, ending, round, ...times })
      return {
        record: { ...before, status: 'decided', certificate, ballots, endedAt, ...times },
        events: [...this.#ballotsCast(proposalId, unseenOf(ballots, before)), decided],
      }
    })
  }

  giveUp(proposalId: ProposalId): Promise<ProposalRecord> {
    const endedAt = this.#modules.clock.now()
    return this.#change(proposalId, (record) =>
      record.status === 'open'
        ? {
            record: { ...record, status: 'undecided', endedAt },
            events: [this.#event('proposal.undecided', proposalId, {})],
          }
        : undefined,
    )
  }

  #change(proposalId: ProposalId, update: (record: ProposalRecord) => Change): Promise<ProposalRecord> {
    return this.#modules.journal.transact([keyOf(proposalId)] as const, ([stored]): Step<ProposalRecord> => {
      const before = recordIn(stored, proposalId)
      const change = update(before)
      return change === undefined ? unchanged(before) : { ...written(change.record), events: change.events }
    })
  }

  #ballotsCast(proposalId: ProposalId, ballots: readonly SignedBallot[]): EventDraft[] {
    return ballots.map(({ voter, choice }) =>
      this.#event('proposal.ballot_cast', proposalId, { voter, choice }),
    )
  }

  #event<N extends keyof ConsensusEvents>(type: N, subject: string, data: DataOf<N>): EventDraft {
    return eventDraft(type, subject, this.#modules.clock.now(), data)
  }
}

function keyOf(proposalId: ProposalId): { readonly kind: typeof PROPOSAL_RECORDS; readonly id: ProposalId } {
  return { kind: PROPOSAL_RECORDS, id: proposalId }
}

function written(record: ProposalRecord): Step<ProposalRecord> {
  const isOpen = record.status === 'open'
  return { ...unchanged(record), writes: [put(PROPOSAL_RECORDS, record.proposalId, record, { isOpen })] }
}

function recordIn(stored: StoredRecord<ProposalRecord> | undefined, proposalId: ProposalId): ProposalRecord {
  if (stored === undefined) throw new SwarmError('proposal_not_found', { proposalId })
  return stored.value
}

function unseenOf(
  ballots: readonly SignedBallot[],
  { ballots: seen }: ProposalRecord,
): readonly SignedBallot[] {
  return ballots.filter(
    (ballot) => !seen.some((other) => other.voter === ballot.voter && saysTheSame(other, ballot)),
  )
}
