import { SwarmError } from '../../errors.ts'
import type { JsonText, ProposalId } from '../../ids.ts'
import type { SwarmJournal } from '../../orchestration/swarm-journal.ts'
import { unchanged } from '../../orchestration/swarm-journal.ts'
import type { Clock } from '../../ports/clock.ts'
import { type EventDraft, put, type StoredRecord } from '../../ports/records.ts'
import type { Step, SwarmStore } from '../../ports/swarm-store.ts'
import { saysTheSame } from '../ballot-box.ts'
import type { DecisionCertificate } from '../certificate.ts'
import type { Equivocation } from '../evidence.ts'
import type { SignedBallot } from '../signed-messages.ts'
import type { DecisionTimes } from './open-decision.ts'
import type { ProposalRecord } from './proposal-record.ts'

export interface ProposalLedgerModules {
  readonly journal: SwarmJournal
  readonly store: SwarmStore
  readonly clock: Clock
}

const PAGE = 200

/** Writes what becomes of proposals: each change with its event, in one step, and none of them twice. */
export class ProposalLedger {
  readonly #modules: ProposalLedgerModules

  constructor(modules: ProposalLedgerModules) {
    this.#modules = modules
  }

  async find(proposalId: ProposalId): Promise<ProposalRecord | undefined> {
    const { store, journal } = this.#modules
    return (await store.get(journal.scope, keyOf(proposalId)))?.value
  }

  async payload(proposalId: ProposalId): Promise<JsonText> {
    const { store, journal } = this.#modules
    const stored = await store.get(journal.scope, { kind: 'proposal_payload', id: proposalId })
    return stored?.value ?? ('null' as JsonText)
  }

  async *open(): AsyncGenerator<ProposalRecord> {
    const { store, journal } = this.#modules
    let after: string | undefined
    for (;;) {
      const from = after === undefined ? {} : { after }
      const page = await store.list({
        scope: journal.scope,
        kind: 'proposal',
        countMax: PAGE,
        openOnly: true,
        ...from,
      })
      for (const { value } of page) yield value
      after = page.at(-1)?.key.id
      if (page.length < PAGE) return
    }
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
      const voters = electorate.map(({ agentId }) => agentId)
      return {
        ...unchanged(record),
        writes: [
          put('proposal', proposalId, record, { isOpen: true }),
          put('proposal_payload', proposalId, payload),
        ],
        events: [this.#event('proposal.opened', proposalId, { title, voters, deadlineMs })],
      }
    })
  }

  /** Those that are not there yet, each with its event. */
  addBallots(proposalId: ProposalId, ballots: readonly SignedBallot[]): Promise<ProposalRecord> {
    return this.#modules.journal.transact([keyOf(proposalId)] as const, ([stored]): Step<ProposalRecord> => {
      const before = recordIn(stored, proposalId)
      const fresh = ballots.filter(
        (ballot) =>
          !before.ballots.some((other) => other.voter === ballot.voter && saysTheSame(other, ballot)),
      )
      if (fresh.length === 0) return unchanged(before)
      const after = { ...before, ballots: [...before.ballots, ...fresh] }
      return {
        ...written(after),
        events: fresh.map(({ voter, choice }) =>
          this.#event('proposal.ballot_cast', proposalId, { voter, choice }),
        ),
      }
    })
  }

  addEvidence(proposalId: ProposalId, equivocation: Equivocation): Promise<ProposalRecord> {
    const { voter, first } = equivocation
    const data = { voter, statement: first.kind }
    return this.#change(proposalId, 'proposal.equivocation', data, (record) => {
      const isKnown = record.evidence.some((other) => other.voter === voter)
      return isKnown ? record : { ...record, evidence: [...record.evidence, equivocation] }
    })
  }

  cancel(proposalId: ProposalId, reason: string): Promise<ProposalRecord> {
    return this.#change(proposalId, 'proposal.cancel_requested', { reason }, (record) =>
      record.isCancelled ? record : { ...record, isCancelled: true },
    )
  }

  /** Also what was given up before. */
  decide(
    proposalId: ProposalId,
    certificate: DecisionCertificate,
    times: DecisionTimes,
  ): Promise<ProposalRecord> {
    const { outcome, ending, round } = certificate
    const ballots = certificate.ballots.map((ballot): SignedBallot => ({ kind: 'ballot', ...ballot }))
    const endedAt = this.#modules.clock.now()
    return this.#change(proposalId, 'proposal.decided', { outcome, ending, round, ...times }, (record) =>
      record.status === 'decided'
        ? record
        : { ...record, status: 'decided', certificate, ballots, endedAt, ...times },
    )
  }

  giveUp(proposalId: ProposalId): Promise<ProposalRecord> {
    const endedAt = this.#modules.clock.now()
    return this.#change(proposalId, 'proposal.undecided', {}, (record) =>
      record.status === 'open' ? { ...record, status: 'undecided', endedAt } : record,
    )
  }

  #change(
    proposalId: ProposalId,
    eventType: string,
    data: EventDraft['data'],
    update: (record: ProposalRecord) => ProposalRecord,
  ): Promise<ProposalRecord> {
    return this.#modules.journal.transact([keyOf(proposalId)] as const, ([stored]): Step<ProposalRecord> => {
      const before = recordIn(stored, proposalId)
      const after = update(before)
      if (after === before) return unchanged(before)
      return { ...written(after), events: [this.#event(eventType, proposalId, data)] }
    })
  }

  #event(type: string, subject: string, data: EventDraft['data']): EventDraft {
    return { type, subject, time: this.#modules.clock.now(), data }
  }
}

function keyOf(proposalId: ProposalId): { readonly kind: 'proposal'; readonly id: ProposalId } {
  return { kind: 'proposal', id: proposalId }
}

function written(record: ProposalRecord): Step<ProposalRecord> {
  const isOpen = record.status === 'open'
  return { ...unchanged(record), writes: [put('proposal', record.proposalId, record, { isOpen })] }
}

function recordIn(stored: StoredRecord<'proposal'> | undefined, proposalId: ProposalId): ProposalRecord {
  if (stored === undefined) throw new SwarmError('proposal_not_found', { proposalId })
  return stored.value
}
