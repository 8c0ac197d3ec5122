import { allRecords } from '../../../kernel/all-records.ts'
import type { Projection } from '../../../kernel/projection.ts'
import type { Reminders } from '../../../kernel/reminders.ts'
import { isSwarmError, SwarmError } from '../../../model/errors.ts'
import { eventDraft, type SwarmEvent } from '../../../model/events.ts'
import { type AgentId, agentId, type EpochMs } from '../../../model/ids.ts'
import type { Clock } from '../../../ports/clock.ts'
import type { Logger } from '../../../ports/logger.ts'
import { put, remove } from '../../../ports/records.ts'
import type { Workers } from '../../../ports/workers.ts'
import { modelKey, ROUND_RECORDS, roundKey } from '../learning-keys.ts'
import type { BlobStore } from '../models/blob-store.ts'
import { found, type ModelDesk } from '../models/model-desk.ts'
import { bytesOf, MODEL_RECORDS, type ModelRecord } from '../models/model-record.ts'
import { aggregateRound } from './round-aggregation.ts'
import { eventsOf } from './round-events.ts'
import { RoundInvitations, type RoundInvitationsModules } from './round-invitations.ts'
import type { CloseRoundRequest, OpenRoundRequest, SubmitUpdateRequest } from './round-requests.ts'
import { isOver, type LeaderFence, type RoundState, type UpdateRefusal } from './round-state.ts'
import { type RoundEffect, type RoundInput, stepRound, updatesMin } from './round-step.ts'

export interface RoundDeskOptions {
  /** Rounds that may be under way at once. */
  readonly openRoundsMax: number
  /** Finished rounds that can be read; the oldest leave first. */
  readonly finishedRoundsMax: number
}

export interface RoundDeskModules extends RoundInvitationsModules {
  readonly models: ModelDesk
  readonly blobs: BlobStore
  readonly workers: Workers
  readonly reminders: Reminders
  readonly clock: Clock
  readonly logger: Logger
  /** The present leadership; undefined where nobody leads. */
  leadership(): LeaderFence | undefined
}

const TRY_AGAIN_MS = 1_000

/**
 * Drives the federated rounds of a swarm: keeps their records, asks the agents to train, closes rounds in time and has
 * updates aggregated. Every transition is decided by `stepRound` inside a step of the store.
 */
export class RoundDesk implements Projection {
  readonly name = 'learning_rounds'
  readonly #options: RoundDeskOptions
  readonly #modules: RoundDeskModules
  readonly #invitations: RoundInvitations
  /** Those that are not over, as they were last written. */
  readonly #open = new Map<string, RoundState>()
  /** Oldest first. */
  readonly #finished: string[] = []

  constructor(options: RoundDeskOptions, modules: RoundDeskModules) {
    this.#options = options
    this.#modules = modules
    this.#invitations = new RoundInvitations(modules)
  }

  /** Takes up what an earlier coordinatorship left. */
  async recover(): Promise<void> {
    const { store, journal, models, blobs } = this.#modules
    for await (const { value } of allRecords(store, journal.scope, ROUND_RECORDS)) {
      if (isOver(value)) this.#finished.push(value.roundId)
      else this.#open.set(value.roundId, value)
    }
    const used = new Set(await models.recover())
    for (const { updates } of this.#open.values()) for (const { blobId } of updates) used.add(blobId)
    await blobs.recover((blobId) => used.has(blobId))
    const fence = this.#modules.leadership()
    for (const round of this.#open.values()) {
      if (fence !== undefined) this.#later(round.roundId, { type: 'leader_elected', fence })
      this.#watch(round)
    }
  }

  /** Reads on in the log: a new leader takes over the rounds, and agents that left are not waited for. */
  read(events: readonly SwarmEvent[]): void {
    for (const event of events) {
      if (event.type === 'leader.elected') {
        const { epoch, term } = event.data
        const fence = { agentId: agentId(event.subject), electorateEpoch: epoch, term }
        for (const roundId of this.#open.keys()) this.#later(roundId, { type: 'leader_elected', fence })
      } else if (event.type === 'agent.offline' || event.type === 'agent.removed') {
        const left = agentId(event.subject)
        for (const { roundId, invited } of this.#open.values())
          if (invited.includes(left)) this.#later(roundId, { type: 'agent_left', agentId: left })
      }
    }
  }

  /** Asks an agent that connected anew for the updates it still owes. */
  attached(agent: AgentId): void {
    for (const round of this.#open.values()) {
      const hasAnswered = round.updates.some((update) => update.agentId === agent)
      if (round.status === 'open' && round.invited.includes(agent) && !hasAnswered) this.#invite(round, agent)
    }
  }

  /**
   * @throws SwarmError `model_not_found`, `agent_not_found`, `limit_exceeded`; `round_refused` where the agent does not lead,
   * the model has no version or a round under way, or too few agents are there for the aggregator
   */
  async open(request: OpenRoundRequest): Promise<RoundState> {
    const { journal, clock } = this.#modules
    const { roundId, model, settings, durationMs } = request
    const { openRoundsMax: limit } = this.#options
    if (this.#open.size >= limit)
      throw new SwarmError('limit_exceeded', { limitName: 'openRoundsMax', limit, actual: limit + 1 })
    const refuse = (reason: string): never => {
      throw new SwarmError('round_refused', { roundId, reason })
    }
    const coordinator = this.#modules.leadership() ?? null
    if (request.agentId !== undefined && request.agentId !== coordinator?.agentId) refuse('not_leader')
    const invited = this.#invitations.choose(request)
    if (invited.length < updatesMin({ settings })) refuse('too_few_agents')
    const round = await journal.transact(
      [modelKey(model), roundKey(roundId)],
      ([storedModel, storedRound]) => {
        const { currentVersion } = found(storedModel?.value, model)
        if (currentVersion === 0) refuse('model_without_version')
        if (storedRound !== undefined) refuse('round_exists')
        for (const other of this.#open.values()) if (other.model === model) refuse('model_in_training')
        const now = clock.now()
        const opened: RoundState = {
          roundId,
          model,
          baseVersion: currentVersion,
          settings,
          status: 'open',
          coordinator,
          openedAt: now,
          deadlineAt: (now + durationMs) as EpochMs,
          invited,
          absent: [],
          updates: [],
          refusals: [],
        }
        const data = {
          model,
          baseVersion: currentVersion,
          aggregator: settings.aggregator.kind,
          invitedCount: invited.length,
        }
        const event = eventDraft('learning.round_opened', roundId, now, data)
        return { writes: [writeOf(opened)], events: [event], ready: [], result: opened }
      },
    )
    this.#open.set(roundId, round)
    this.#watch(round)
    for (const agent of invited) this.#invite(round, agent)
    return round
  }

  /** @throws SwarmError `round_not_found`, `update_refused`. A refused update is named in the round. */
  async submit({ roundId, baseVersion, problem, ...sent }: SubmitUpdateRequest): Promise<RoundState> {
    const { store, journal, blobs, registry } = this.#modules
    registry.get(sent.agentId)
    const [round, model] = await Promise.all([
      store.get(journal.scope, roundKey(roundId)),
      this.#modelOf(roundId),
    ])
    if (round === undefined)
      throw await this.#without(sent.blobId, new SwarmError('round_not_found', { roundId }))
    const bytes = blobs.find(sent.blobId)?.bytes ?? 0
    const shape: UpdateRefusal | undefined =
      model !== undefined && bytes !== bytesOf(model) ? 'wrong_shape' : undefined
    const wrong = shape ?? problem
    const { effects, state } = await this.#apply(roundId, {
      type: 'update',
      update: { ...sent, bytes },
      baseVersion,
      ...(wrong === undefined ? {} : { problem: wrong }),
    })
    const refusal = effects.find((effect) => effect.type === 'update_refused')
    if (refusal === undefined) return state
    const { agentId: from, reason } = refusal
    throw await this.#without(
      sent.blobId,
      new SwarmError('update_refused', { roundId, agentId: from, reason }),
    )
  }

  /** The agent will not train in this round. */
  async decline({
    roundId,
    agentId: agent,
  }: {
    readonly roundId: string
    readonly agentId: AgentId
  }): Promise<RoundState> {
    return (await this.#apply(roundId, { type: 'declined', agentId: agent })).state
  }

  /** @throws SwarmError `round_not_found`; `round_refused` for an older leadership, and where the round is over */
  async end({ roundId, order, fence }: CloseRoundRequest): Promise<RoundState> {
    const present = this.#modules.leadership()
    // The log may not have told of the newest leader yet.
    if (present !== undefined) await this.#apply(roundId, { type: 'leader_elected', fence: present })
    const { effects, state } = await this.#apply(roundId, { type: order, fence })
    const refusal = effects.find((effect) => effect.type === 'order_refused')
    if (refusal !== undefined) throw new SwarmError('round_refused', { roundId, reason: refusal.reason })
    return state
  }

  async #modelOf(roundId: string): Promise<ModelRecord | undefined> {
    const { store, journal } = this.#modules
    const round = this.#open.get(roundId)
    return round === undefined ? undefined : (await store.get(journal.scope, modelKey(round.model)))?.value
  }

  #invite(round: RoundState, agent: AgentId): void {
    // An agent that was not reached does not train; the deadline ends the round without it.
    this.#invitations.send(round, agent).catch((error: unknown) => {
      this.#modules.logger.warn({ error, roundId: round.roundId, agentId: agent }, 'agent not asked to train')
    })
  }

  /** One transition, decided on the stored round. */
  async #apply(roundId: string, input: RoundInput): Promise<Applied> {
    const { journal, clock } = this.#modules
    const applied = await journal.transact([roundKey(roundId)], ([stored]) => {
      if (stored === undefined) throw new SwarmError('round_not_found', { roundId })
      const now = clock.now()
      const [state, effects] = stepRound(stored.value, input, now)
      const writes = state === stored.value ? [] : [writeOf(state)]
      return { writes, events: eventsOf(state, effects, now), ready: [], result: { state, effects } }
    })
    await this.#follow(applied)
    return applied
  }

  async #follow({ state, effects }: Applied): Promise<void> {
    if (!this.#open.has(state.roundId)) return
    this.#open.set(state.roundId, state)
    if (effects.some(({ type }) => type === 'aggregate')) this.#aggregateSoon(state.roundId)
    if (isOver(state)) await this.#finish(state)
  }

  /** The updates are not needed any more, and the oldest finished rounds leave. */
  async #finish({ roundId, updates }: RoundState): Promise<void> {
    const { blobs, journal } = this.#modules
    this.#open.delete(roundId)
    this.#finished.push(roundId)
    const left = this.#finished.splice(
      0,
      Math.max(0, this.#finished.length - this.#options.finishedRoundsMax),
    )
    if (left.length > 0)
      await journal.transact([], () => ({
        writes: left.map((id) => remove(ROUND_RECORDS, id)),
        events: [],
        ready: [],
        result: null,
      }))
    for (const { blobId } of updates) await blobs.drop(blobId)
  }

  #watch(round: RoundState): void {
    const { reminders, clock } = this.#modules
    if (round.status === 'aggregating') this.#aggregateSoon(round.roundId)
    else
      reminders.set(Math.max(0, round.deadlineAt - clock.now()), () =>
        this.#later(round.roundId, { type: 'tick' }),
      )
  }

  /** An input that nobody waits for: it is tried again while the store is away. */
  #later(roundId: string, input: RoundInput): void {
    if (!this.#open.has(roundId)) return
    this.#apply(roundId, input).catch((error: unknown) =>
      this.#tryAgain(error, () => this.#later(roundId, input)),
    )
  }

  #aggregateSoon(roundId: string): void {
    const round = this.#open.get(roundId)
    if (round?.status !== 'aggregating') return
    this.#aggregate(round).catch((error: unknown) => {
      if (error instanceof RangeError)
        this.#later(roundId, { type: 'aggregation_failed', failure: 'aggregation_failed' })
      else this.#tryAgain(error, () => this.#aggregateSoon(roundId))
    })
  }

  #tryAgain(error: unknown, again: () => void): void {
    const { logger, reminders } = this.#modules
    if (isSwarmError(error, 'not_coordinator')) return
    logger.warn({ error }, 'learning step failed; it will be tried again')
    reminders.set(TRY_AGAIN_MS, again)
  }

  async #aggregate(round: RoundState): Promise<void> {
    const { store, journal, blobs, models, clock } = this.#modules
    const { roundId, model: name } = round
    const model = (await store.get(journal.scope, modelKey(name)))?.value
    if (model === undefined)
      return this.#later(roundId, { type: 'aggregation_failed', failure: 'model_missing' })
    const blobId = `${roundId}-result`
    await aggregateRound(round, model, blobId, this.#modules)
    const applied = await journal.transact(
      [roundKey(roundId), modelKey(name)],
      ([storedRound, storedModel]) => {
        const now = clock.now()
        const before = storedRound?.value ?? round
        const present = storedModel?.value
        const isUnchanged = present !== undefined && present.currentVersion === before.baseVersion
        const added = isUnchanged
          ? models.withVersion(present, { blobId, createdAt: now, roundId, evaluations: {} })
          : undefined
        const input: RoundInput =
          added === undefined
            ? { type: 'aggregation_failed', failure: 'model_changed' }
            : { type: 'aggregated', version: added.record.currentVersion }
        const [state, effects] = stepRound(before, input, now)
        // A round that is over meanwhile makes no version.
        const isMade = state.status === 'completed' && !isOver(before)
        const writes = added === undefined || !isMade ? [] : [put(MODEL_RECORDS, name, added.record)]
        const left = added === undefined || !isMade ? [blobId] : added.left
        return {
          writes: [writeOf(state), ...writes],
          events: eventsOf(state, effects, now),
          ready: [],
          result: { state, effects, left },
        }
      },
    )
    for (const blob of applied.left) await blobs.drop(blob)
    await this.#follow(applied)
  }

  /** The error, once the bytes that came with it are gone. */
  async #without<E extends Error>(blobId: string, error: E): Promise<E> {
    await this.#modules.blobs.drop(blobId)
    return error
  }
}

interface Applied {
  readonly state: RoundState
  readonly effects: readonly RoundEffect[]
}

function writeOf(round: RoundState) {
  return put(ROUND_RECORDS, round.roundId, round, { isOpen: !isOver(round) })
}
