import type { CommitteeMember } from '../../consensus/consensus-message.ts'
import { idsOf } from '../../consensus/electorate.ts'
import type { DoubleVote } from '../../consensus/raft/double-vote.ts'
import {
  compareLeadership,
  type ElectorateEpoch,
  electorateEpoch,
  type Leadership,
  term,
} from '../../consensus/raft/term.ts'
import type { VoteCertificate } from '../../consensus/raft/vote-certificate.ts'
import type { Reminders } from '../../kernel/reminders.ts'
import type { SwarmJournal } from '../../kernel/swarm-journal.ts'
import { unchanged } from '../../kernel/swarm-journal.ts'
import { isSwarmError } from '../../model/errors.ts'
import type { ConsensusEvents } from '../../model/events/consensus-events.ts'
import type { EventDraft } from '../../model/events.ts'
import { type DataOf, eventDraft } from '../../model/events.ts'
import { type AgentId, splitScope } from '../../model/ids.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Logger } from '../../ports/logger.ts'
import { put } from '../../ports/records.ts'
import type { SwarmStore } from '../../ports/swarm-store.ts'
import { ELECTION_RECORDS, type ElectionRecord } from './election-record.ts'

export interface ElectionRepositoryModules {
  readonly journal: SwarmJournal
  readonly store: SwarmStore
  readonly reminders: Reminders
  readonly clock: Clock
  readonly logger: Logger
}

/** What a step makes of the record; undefined where there is nothing to change any more. */
type Change = { readonly record: ElectionRecord; readonly events: readonly EventDraft[] } | undefined

const KEY = { kind: ELECTION_RECORDS, id: 'election' } as const
const NO_ELECTION: ElectionRecord = {
  epoch: electorateEpoch(0),
  voters: [],
  committeeIndex: 0,
  isAskedFor: false,
  leadership: { epoch: electorateEpoch(0), term: term(0), leaderId: null, certificate: null },
}
/** Pause before another try where the store refused, in milliseconds. */
const TRY_AGAIN_MS = 500

/**
 * Writes what becomes of the swarm's elections: each change with its events, in one step, one after the other. A change
 * resolves when the store has it, however often it has to be tried; where another coordinatorship has begun, it resolves
 * and nothing is changed.
 */
export class ElectionRepository {
  readonly #modules: ElectionRepositoryModules
  #record = NO_ELECTION
  #electionsHeld = 0
  #last: Promise<void> = Promise.resolve()

  constructor(modules: ElectionRepositoryModules) {
    this.#modules = modules
  }

  /** As it is stored. */
  get record(): ElectionRecord {
    return this.#record
  }

  /** Leaders found since this node coordinates the swarm. */
  get electionsHeld(): number {
    return this.#electionsHeld
  }

  async load(): Promise<void> {
    const { store, journal } = this.#modules
    this.#record = (await store.get(journal.scope, KEY))?.value ?? NO_ELECTION
  }

  /** Somebody waits for the answer, and is told at once where the store refuses. @throws SwarmError `store_unavailable` */
  askFor(): Promise<void> {
    const asked = this.#last.then(() =>
      this.#step((record) =>
        record.isAskedFor ? undefined : { record: { ...record, isAskedFor: true }, events: [] },
      ),
    )
    this.#last = asked.catch(() => undefined)
    return asked
  }

  /** The electorate after that of `previous`: whoever led under it leads no more. */
  logElectorate(previous: ElectorateEpoch, voters: readonly CommitteeMember[]): Promise<void> {
    return this.#change((record) => {
      if (record.epoch !== previous) return undefined
      const lost = this.#withoutLeader(record)
      const next = { ...lost.record, epoch: electorateEpoch(previous + 1), voters, committeeIndex: 0 }
      return { record: next, events: [...lost.events, this.#electorateChanged(next)] }
    })
  }

  /** A committed change of the committee. */
  changeCommittee(epoch: ElectorateEpoch, index: number, voters: readonly CommitteeMember[]): Promise<void> {
    return this.#change((record) => {
      if (record.epoch !== epoch || index <= record.committeeIndex) return undefined
      const next = { ...record, committeeIndex: index, voters }
      const isSame =
        voters.length === record.voters.length && voters.every((one) => isAmong(record.voters, one))
      return { record: next, events: isSame ? [] : [this.#electorateChanged(next)] }
    })
  }

  /** A leader that showed its votes; also one that was believed lost, and came back in its own term. */
  async elect(certificate: VoteCertificate): Promise<void> {
    const before = this.#record.leadership
    await this.#change((record) => {
      const { epoch, term, leaderId, votes } = certificate
      const order = compareLeadership(certificate, record.leadership)
      if (epoch !== record.epoch || order < 0 || (order === 0 && record.leadership.leaderId !== null)) {
        return undefined
      }
      const leadership = { epoch, term, leaderId, certificate }
      const data = { epoch, term, votes: votes.length }
      return { record: { ...record, leadership }, events: [this.#event('leader.elected', leaderId, data)] }
    })
    if (compareLeadership(this.#record.leadership, before) > 0) this.#electionsHeld += 1
  }

  /** @param leaderId who led; where somebody else leads meanwhile, nothing changes. */
  lose(leaderId: AgentId): Promise<void> {
    return this.#change((record) =>
      record.leadership.leaderId === leaderId ? this.#withoutLeader(record) : undefined,
    )
  }

  /** Its time in this term is over; where it was elected again meanwhile, nothing changes. */
  resign(leaderId: AgentId, resigned: Leadership): Promise<void> {
    return this.#change(({ leadership, ...record }) =>
      leadership.leaderId === leaderId && compareLeadership(leadership, resigned) === 0
        ? this.#withoutLeader({ ...record, leadership })
        : undefined,
    )
  }

  addEvidence({ first, second }: DoubleVote): Promise<void> {
    const { epoch, term, voter } = first
    const data = { epoch, term, candidates: [first.candidate, second.candidate] }
    return this.#change((record) => ({ record, events: [this.#event('election.double_vote', voter, data)] }))
  }

  #withoutLeader(record: ElectionRecord): NonNullable<Change> {
    const { leaderId, epoch, term } = record.leadership
    if (leaderId === null) return { record, events: [] }
    const leadership = { epoch, term, leaderId: null, certificate: null }
    return {
      record: { ...record, leadership },
      events: [this.#event('leader.lost', leaderId, { epoch, term })],
    }
  }

  #electorateChanged({ epoch, voters }: ElectionRecord): EventDraft {
    const { tenant, swarm } = splitScope(this.#modules.journal.scope)
    const data = { epoch, voters: idsOf(voters) }
    return this.#event('election.electorate_changed', swarm ?? tenant, data)
  }

  #event<N extends keyof ConsensusEvents>(type: N, subject: string, data: DataOf<N>): EventDraft {
    return eventDraft(type, subject, this.#modules.clock.now(), data)
  }

  #change(update: (record: ElectionRecord) => Change): Promise<void> {
    this.#last = this.#last.then(() => this.#write(update))
    return this.#last
  }

  async #write(update: (record: ElectionRecord) => Change): Promise<void> {
    const { reminders, logger } = this.#modules
    try {
      await this.#step(update)
    } catch (error) {
      logger.warn({ error }, 'election not written')
      if (!isSwarmError(error, 'store_unavailable')) return
      await new Promise<void>((resolve) => reminders.set(TRY_AGAIN_MS, resolve))
      await this.#write(update)
    }
  }

  async #step(update: (record: ElectionRecord) => Change): Promise<void> {
    this.#record = await this.#modules.journal.transact([KEY] as const, ([stored]) => {
      const before = stored?.value ?? NO_ELECTION
      const change = update(before)
      if (change === undefined) return unchanged(before)
      const { record, events } = change
      const writes = record === before ? [] : [put(ELECTION_RECORDS, KEY.id, record)]
      return { ...unchanged(record), writes, events }
    })
  }
}

function isAmong(members: readonly CommitteeMember[], { agentId, publicKey }: CommitteeMember): boolean {
  return members.some((member) => member.agentId === agentId && member.publicKey === publicKey)
}
