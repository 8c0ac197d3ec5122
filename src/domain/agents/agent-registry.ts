import type { Reminders } from '../kernel/reminders.ts'
import { type SwarmJournal, unchanged } from '../kernel/swarm-journal.ts'
import {
  AGENT_RECORDS,
  type AgentRecord,
  REMOVED_AGENT_RECORDS,
  type RemovedAgentRecord,
} from '../model/agent-record.ts'
import { isSwarmError, refuseOtherVersion, SwarmError } from '../model/errors.ts'
import { eventDraft } from '../model/events.ts'
import type { AgentId, EpochMs, SessionId } from '../model/ids.ts'
import type { Clock } from '../ports/clock.ts'
import type { Logger } from '../ports/logger.ts'
import { put, type RecordKey, remove, type StoredRecord } from '../ports/records.ts'
import type { AgentLoad, Candidate } from '../resources/candidate.ts'
import type { Requirement } from '../resources/requirement.ts'
import { type AgentEventExtras, type AgentEventName, agentEventData } from './agent-events.ts'
import { isSameRequest, patched, registered, removedAgent, withoutQuarantine } from './agent-registration.ts'
import type { PatchAgentRequest, RegisterRequest } from './agent-service.ts'
import { AgentState } from './agent-state.ts'
import type { BreakerOptions } from './circuit-breaker.ts'

export interface AgentRegistryOptions {
  readonly breaker: BreakerOptions
  /** Read at each registration, since a swarm's limits can be changed. */
  agentsMax(): number
}

export interface AgentRegistryModules {
  readonly journal: SwarmJournal
  readonly clock: Clock
  readonly logger: Logger
  readonly reminders: Reminders
  /** Called when an agent may have room for work. */
  onRoom(): void
  /** Called when the record of an agent was read again, since its last change went unanswered. */
  onFound(state: AgentState): void
}

/** Pause before looking what became of a change that the store did not answer, in milliseconds. */
const LOOK_AGAIN_MS = 1_000

/** The swarm's agents: who is registered, what each can do, and which of them can be given work now. */
export class AgentRegistry {
  readonly #options: AgentRegistryOptions
  readonly #modules: AgentRegistryModules
  readonly #agents = new Map<AgentId, AgentState>()
  /** The agents with a free slot: the only ones a plan has to look at. */
  readonly #available = new Set<AgentState>()
  /** The agents that work may be kept for, busy ones included. */
  readonly #inService = new Set<AgentState>()
  readonly #listeners = new Set<(agentId: AgentId) => void>()
  readonly #registrationListeners = new Set<(agentId: AgentId) => void>()
  /** Registrations being written, counted so that many at once cannot pass the limit together. */
  #registering = 0

  constructor(options: AgentRegistryOptions, modules: AgentRegistryModules) {
    this.#options = options
    this.#modules = modules
  }

  get agents(): Iterable<AgentState> {
    return this.#agents.values()
  }

  get hasRoom(): boolean {
    return this.#available.size > 0
  }

  /** Agents that have room. */
  get availableCount(): number {
    return this.#available.size
  }

  /** How many more tasks all agents together can be given now, counted no further than `countMax`. */
  freeSlots(countMax: number): number {
    const now = this.#modules.clock.monotonic()
    let free = 0
    for (const state of this.#available) {
      free += state.freeSlots(now)
      if (free >= countMax) return countMax
    }
    return free
  }

  ids(): Iterable<AgentId> {
    return this.#agents.keys()
  }

  find(agentId: AgentId): AgentState | undefined {
    return this.#agents.get(agentId)
  }

  /** Calls back after an agent's record was written or removed, when it reads as it now is. The returned function ends it. */
  onChange(listener: (agentId: AgentId) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /**
   * Calls back after a known agent was registered anew with another credential, or removed: who speaks under its earlier
   * registration is not the agent any more.
   */
  onRegistrationEnd(listener: (agentId: AgentId) => void): void {
    this.#registrationListeners.add(listener)
  }

  /** @throws SwarmError `agent_not_found` */
  get(agentId: AgentId): AgentState {
    const state = this.#agents.get(agentId)
    if (state === undefined) throw new SwarmError('agent_not_found', { agentId })
    return state
  }

  /**
   * The agent, if the message came over its newest channel.
   *
   * @throws SwarmError `agent_not_found`, `session_superseded`, `session_unknown`
   */
  getOn(agentId: AgentId, sessionId: SessionId | undefined): AgentState {
    const state = this.get(agentId)
    if (sessionId === undefined || state.session?.sessionId === sessionId) return state
    throw state.session === undefined
      ? new SwarmError('session_unknown', { agentId })
      : new SwarmError('session_superseded', { agentId, epoch: state.record.epoch })
  }

  /** Takes over a record found in the store. */
  adopt(record: AgentRecord): AgentState {
    const state = new AgentState(record, this.#options.breaker)
    this.#agents.set(record.agentId, state)
    return state
  }

  async register(request: RegisterRequest): Promise<AgentRecord> {
    const { agentId } = request
    const known = this.#agents.has(agentId)
    if (!known) this.#refuseOneTooMany()
    this.#registering += known ? 0 : 1
    try {
      const record = await this.#write(
        agentId,
        'agent.registered',
        (stored, now, removed) => {
          const before = stored?.value
          if (request.isNew && before !== undefined && !isSameRequest(before, request)) {
            throw new SwarmError('agent_exists', { agentId })
          }
          if (request.isReturning === true && removed !== undefined)
            throw new SwarmError('agent_removed', { agentId })
          return registered(request, before, removed?.value, now)
        },
        {},
        [{ kind: REMOVED_AGENT_RECORDS, id: agentId }],
      )
      this.#know(record)
      return record
    } finally {
      this.#registering -= known ? 0 : 1
    }
  }

  async patch(request: PatchAgentRequest): Promise<AgentRecord> {
    const { agentId, isDraining, isQuarantined, expectedVersion } = request
    this.get(agentId)
    const wantsDrain = isDraining === true
    const changed = await this.change(
      agentId,
      wantsDrain ? 'agent.draining' : 'agent.updated',
      (record, version) => {
        refuseOtherVersion(expectedVersion, version)
        return patched(record, request)
      },
    )
    return isQuarantined === false ? this.change(agentId, 'agent.released', withoutQuarantine) : changed
  }

  /** Writes a change of a known agent's record, with its event. Nothing is written where nothing changes. */
  async change(
    agentId: AgentId,
    eventType: AgentEventName,
    update: (record: AgentRecord, version: number) => AgentRecord,
    data: AgentEventExtras = {},
  ): Promise<AgentRecord> {
    const record = await this.#write(
      agentId,
      eventType,
      (stored) => {
        if (stored === undefined) throw new SwarmError('agent_not_found', { agentId })
        return update(stored.value, stored.version)
      },
      data,
    )
    // One that was removed meanwhile does not come back by this.
    this.get(agentId)
    this.#know(record)
    return record
  }

  /** Removes an agent that holds nothing. @returns false where it stays: it registered again meanwhile. */
  async removeLeaving(state: AgentState): Promise<boolean> {
    const { journal, clock } = this.#modules
    const { agentId } = state
    const isRemoved = await journal.transact([{ kind: AGENT_RECORDS, id: agentId }], ([stored]) => {
      if (stored === undefined) return unchanged(true)
      if (!stored.value.isLeaving) return unchanged(false)
      const now = clock.now()
      const event = eventDraft('agent.removed', agentId, now, {})
      const writes = [
        remove(AGENT_RECORDS, agentId),
        put(REMOVED_AGENT_RECORDS, agentId, removedAgent(stored.value, now)),
      ]
      return { writes, events: [event], ready: [], result: true }
    })
    // A registration that was written after the removal has put a state of its own here.
    if (isRemoved && this.#agents.get(agentId) === state) this.#agents.delete(agentId)
    if (isRemoved) this.#available.delete(state)
    if (isRemoved) this.#inService.delete(state)
    if (isRemoved) this.#tellOf(agentId)
    if (isRemoved) this.#tellOfEnd(agentId)
    return isRemoved
  }

  /** Of any agent, whether it can take more or not. */
  loadOf(agentId: AgentId): AgentLoad {
    const state = this.#agents.get(agentId)
    return { activeTasks: state?.heldCount ?? 0, slots: state?.record.spec.slots ?? 0 }
  }

  /** To be called after anything that may have given the agent room, or taken it. */
  refresh(state: AgentState): void {
    this.#noteService(state)
    if (state.freeSlots(this.#modules.clock.monotonic()) === 0) {
      this.#available.delete(state)
      return
    }
    this.#available.add(state)
    this.#modules.onRoom()
  }

  /** The agent, where it could start work now. */
  candidate(agentId: AgentId): Candidate | undefined {
    const state = this.#agents.get(agentId)
    if (state === undefined || !this.#available.has(state)) return undefined
    const freeSlots = state.freeSlots(this.#modules.clock.monotonic())
    return freeSlots === 0 ? undefined : state.asCandidate(freeSlots)
  }

  isInService(agentId: AgentId): boolean {
    const state = this.#agents.get(agentId)
    return state !== undefined && this.#inService.has(state)
  }

  /** The agents in service that are capable of such a task, whether they could start it now or not. */
  membersFor(requirement: Requirement): readonly Candidate[] {
    const members: Candidate[] = []
    for (const state of this.#inService)
      if (state.isCapableOf(requirement)) members.push(state.asCandidate(0))
    return members
  }

  /** The agents that could start such a task now. */
  candidatesFor(requirement: Requirement): readonly Candidate[] {
    const now = this.#modules.clock.monotonic()
    const candidates: Candidate[] = []
    for (const state of this.#available) {
      const freeSlots = state.freeSlots(now)
      if (freeSlots > 0 && state.canStart(requirement)) candidates.push(state.asCandidate(freeSlots))
    }
    return candidates
  }

  #noteService(state: AgentState): void {
    const isInService = state.isInService(this.#modules.clock.monotonic())
    if (isInService === this.#inService.has(state)) return
    if (isInService) this.#inService.add(state)
    else this.#inService.delete(state)
    // What was kept for an agent that left is to be given to others.
    if (!isInService) this.#modules.onRoom()
  }

  #tellOf(agentId: AgentId): void {
    for (const listener of this.#listeners) listener(agentId)
  }

  #tellOfEnd(agentId: AgentId): void {
    for (const listener of this.#registrationListeners) listener(agentId)
  }

  #refuseOneTooMany(): void {
    const limit = this.#options.agentsMax()
    const actual = this.#agents.size + this.#registering + 1
    if (actual > limit) throw new SwarmError('limit_exceeded', { limitName: 'agentsMax', limit, actual })
  }

  async #write(
    agentId: AgentId,
    eventType: AgentEventName,
    update: (
      stored: StoredRecord<AgentRecord> | undefined,
      now: EpochMs,
      removed: StoredRecord<RemovedAgentRecord> | undefined,
    ) => AgentRecord,
    data: AgentEventExtras = {},
    removedKeys: readonly RecordKey<RemovedAgentRecord>[] = [],
  ): Promise<AgentRecord> {
    const { journal, clock } = this.#modules
    const key = { kind: AGENT_RECORDS, id: agentId } as const
    try {
      return await journal.transact([key, ...removedKeys], ([stored, removed]) => {
        const now = clock.now()
        const changed = update(stored, now, removed)
        if (changed === stored?.value) return unchanged(changed)
        const record = { ...changed, lastChangeAt: now }
        const event = eventDraft(eventType, agentId, now, agentEventData(eventType, record, data))
        const forgotten = removed === undefined ? [] : [remove(REMOVED_AGENT_RECORDS, agentId)]
        return {
          writes: [put(AGENT_RECORDS, agentId, record), ...forgotten],
          events: [event],
          ready: [],
          result: record,
        }
      })
    } catch (error) {
      if (isSwarmError(error, 'store_unavailable')) this.#lookAgainLater(agentId)
      throw error
    }
  }

  #know(record: AgentRecord): AgentState {
    const known = this.#agents.get(record.agentId)
    const isRegisteredAnew = known !== undefined && known.record.tokenHash !== record.tokenHash
    const state = known ?? this.adopt(record)
    state.setRecord(record)
    this.refresh(state)
    this.#tellOf(record.agentId)
    if (isRegisteredAnew) this.#tellOfEnd(record.agentId)
    return state
  }

  /** The store failed on a change that may have been written all the same, and the caller may never ask again. */
  #lookAgainLater(agentId: AgentId): void {
    this.#modules.reminders.set(LOOK_AGAIN_MS, () => {
      this.#lookAgain(agentId).catch((error: unknown) => {
        if (isSwarmError(error, 'store_unavailable')) this.#lookAgainLater(agentId)
      })
    })
  }

  async #lookAgain(agentId: AgentId): Promise<void> {
    const { journal, onFound } = this.#modules
    const record = await journal.transact([{ kind: AGENT_RECORDS, id: agentId }], ([stored]) =>
      unchanged(stored?.value),
    )
    if (record !== undefined) onFound(this.#know(record))
  }
}
