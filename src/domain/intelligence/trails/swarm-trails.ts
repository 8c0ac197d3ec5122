import { Semaphore } from '../../kernel/semaphore.ts'
import { type SwarmJournal, unchanged } from '../../kernel/swarm-journal.ts'
import { SwarmError } from '../../model/errors.ts'
import { eventDraft } from '../../model/events.ts'
import type { EpochMs } from '../../model/ids.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Random } from '../../ports/random.ts'
import { put } from '../../ports/records.ts'
import type { SwarmStore } from '../../ports/swarm-store.ts'
import { drawOptions, followProbabilities } from './follow-trails.ts'
import type { TrailLevel } from './strongest-trails.ts'
import { TRAIL_SET_RECORDS, type TrailSetRecord } from './trail-records.ts'
import type { FollowedTrail, TrailService, TrailSetView } from './trail-service.ts'
import type { TrailSetHeader } from './trail-set.ts'
import { completeSettings, type TrailSettings, unsoundSettings } from './trail-settings.ts'
import { TrailShelf } from './trail-shelf.ts'
import { TrailWriter } from './trail-writer.ts'

export interface SwarmTrailsOptions {
  /** Trail sets of one swarm. */
  readonly trailSetsMax: number
  /** Edges of one set that have a deposit which still counts. */
  readonly trailEdgesMax: number
}

export interface SwarmTrailsModules {
  readonly journal: SwarmJournal
  readonly store: SwarmStore
  readonly clock: Clock
  readonly random: Random
}

/** Edges of all sets together that are held in memory. */
const EDGES_HELD_MAX = 1_000_000

/** The trail sets of one swarm on its coordinating node. Every answer to a change means that it is on record. */
export class SwarmTrails implements TrailService {
  readonly #options: SwarmTrailsOptions
  readonly #modules: SwarmTrailsModules
  readonly #shelf: TrailShelf
  readonly #writers = new Map<string, TrailWriter>()
  /** One at a time: the count of the sets is compared with the limit. */
  readonly #creating = new Semaphore(1)

  constructor(options: SwarmTrailsOptions, modules: SwarmTrailsModules) {
    this.#options = options
    this.#modules = modules
    this.#shelf = new TrailShelf({ scope: modules.journal.scope, edgesHeldMax: EDGES_HELD_MAX }, modules)
  }

  create: TrailService['create'] = ({ trailSet, settings: input }) => {
    const settings = completeSettings(input)
    const reason = unsoundSettings(settings)
    if (reason !== undefined) throw new SwarmError('trail_settings_unsound', { trailSet, reason })
    return this.#creating.run(() => this.#create(trailSet, settings))
  }

  get: TrailService['get'] = async ({ trailSet }) => viewOf((await this.#shelf.get(trailSet)).set.header)

  delete: TrailService['delete'] = ({ trailSet }) => this.#writer(trailSet).delete()

  deposit: TrailService['deposit'] = ({ trailSet, requestId, deposits, agentId }) =>
    this.#writer(trailSet).write({
      requestId,
      size: deposits.length,
      apply: (draft, now) => {
        draft.deposit(deposits, now)
        return viewOf(draft.change.header)
      },
      event: (_, now) =>
        eventDraft('trails.deposited', trailSet, now, {
          edgeCount: deposits.length,
          amount: sumOf(deposits),
          ...(agentId && { agentId }),
        }),
      repeated: ({ set }) => viewOf(set.header),
    })

  clear: TrailService['clear'] = ({ trailSet, requestId, edges, agentId }) =>
    this.#writer(trailSet).write({
      requestId,
      size: edges?.length ?? 0,
      apply: (draft, now) => (edges === undefined ? draft.clear(now) : draft.clearEdges(edges)),
      event: (edgeCount, now) =>
        eventDraft('trails.cleared', trailSet, now, { edgeCount, ...(agentId && { agentId }) }),
      repeated: () => 0,
    })

  read: TrailService['read'] = async ({ trailSet, edges }) => {
    const { set } = await this.#shelf.get(trailSet)
    const now = this.#modules.clock.now()
    return edges.map((edge) => set.read(edge, now))
  }

  top: TrailService['top'] = async ({ trailSet, countMax, prefix }): Promise<readonly TrailLevel[]> => {
    const { set } = await this.#shelf.get(trailSet)
    return set.top({ countMax, prefix }, this.#modules.clock.now())
  }

  follow: TrailService['follow'] = async ({ trailSet, options, countMax, ...rule }) => {
    const { set } = await this.#shelf.get(trailSet)
    const now = this.#modules.clock.now()
    const trails = options.map(({ edge, heuristic }) => ({ edge, heuristic, level: set.read(edge, now) }))
    const probabilities = followProbabilities(trails, rule)
    return drawOptions(trails, { ...rule, countMax }, this.#modules.random).flatMap(
      (index): FollowedTrail[] => {
        const trail = trails[index]
        if (trail === undefined) return []
        return [{ edge: trail.edge, level: trail.level, probability: probabilities[index] ?? 0 }]
      },
    )
  }

  async #create(trailSet: string, settings: TrailSettings): Promise<TrailSetView> {
    const { journal, store, clock, random } = this.#modules
    const { trailSetsMax: limit } = this.#options
    const now = clock.now()
    const count = await store.count(journal.scope, TRAIL_SET_RECORDS)
    const startedAt = settings.evaporation.unit === 'ms' ? now : 0
    const record: TrailSetRecord = {
      trailSet,
      settings,
      salt: Math.floor(random.next() * 2 ** 32),
      createdAt: now,
      startedAt,
      latestAt: startedAt,
      edgeCount: 0,
      requestIds: [],
    }
    return journal.transact([{ kind: TRAIL_SET_RECORDS, id: trailSet }] as const, ([stored]) => {
      if (stored !== undefined) {
        if (!isSame(stored.value.settings, settings)) throw new SwarmError('trail_set_exists', { trailSet })
        return unchanged(viewOf(stored.value))
      }
      if (count >= limit)
        throw new SwarmError('limit_exceeded', { limitName: 'trailSetsMax', limit, actual: count + 1 })
      const event = eventDraft('trails.created', trailSet, now, { settings })
      return {
        ...unchanged(viewOf(record)),
        writes: [put(TRAIL_SET_RECORDS, trailSet, record)],
        events: [event],
      }
    })
  }

  #writer(trailSet: string): TrailWriter {
    const known = this.#writers.get(trailSet)
    if (known !== undefined) return known
    // One that has nothing to write knows nothing.
    for (const [other, writer] of this.#writers) if (writer.isIdle) this.#writers.delete(other)
    const options = { trailSet, edgesMax: this.#options.trailEdgesMax }
    const writer = new TrailWriter(options, { ...this.#modules, shelf: this.#shelf })
    this.#writers.set(trailSet, writer)
    return writer
  }
}

/** The set as callers see it. */
export function viewOf({ trailSet, settings, createdAt, edgeCount }: TrailSetHeader): TrailSetView {
  return { trailSet, settings, createdAt: createdAt as EpochMs, edgeCount }
}

function sumOf(deposits: readonly { readonly amount: number }[]): number {
  return deposits.reduce((sum, { amount }) => sum + amount, 0)
}

function isSame(a: TrailSettings, b: TrailSettings): boolean {
  const listOf = ({ evaporation, min, max, initial, limitsApplied }: TrailSettings): unknown[] => [
    evaporation.unit,
    evaporation.halfLife ?? null,
    evaporation.rate ?? null,
    min,
    max,
    initial,
    limitsApplied,
  ]
  return JSON.stringify(listOf(a)) === JSON.stringify(listOf(b))
}
