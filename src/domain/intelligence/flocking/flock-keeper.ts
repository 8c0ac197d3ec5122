import type { DurableState } from '../../kernel/durable-projection.ts'
import { SwarmError } from '../../model/errors.ts'
import type { SwarmEvent } from '../../model/events.ts'
import type { EpochMs, TaskId } from '../../model/ids.ts'
import { agentId } from '../../model/ids.ts'
import { attemptNews, type StartedAttempt } from '../attempt-log.ts'
import { Flock } from './flock.ts'
import type { FlockRow } from './flock-row.ts'
import { FLOCK_DEFAULTS, type FlockSettings } from './flock-settings.ts'
import type { Group } from './group.ts'
import type { GroupChange } from './group-change.ts'
import type { GroupHistoryEntry, GroupService, GroupView } from './group-service.ts'

export interface FlockKeeperOptions {
  /** Read at each use; undefined while the swarm has another strategy, and nothing is learned. */
  settings(): FlockSettings | undefined
  slotsOf(agentId: StartedAttempt['agentId']): number
}

export interface FlockKeeperModules {
  /** Changes are numbered, 1 for the first of the swarm: one that is written already comes again after a takeover. */
  write(change: NumberedChange): void
}

export interface NumberedChange {
  readonly number: number
  readonly at: EpochMs
  readonly change: GroupChange
}

/** An attempt under way, for what it tells of when its agent is free. */
export interface ActiveAttempt extends StartedAttempt {
  readonly wasPrepared: boolean
}

/** Changes of one group that are remembered. */
const HISTORY_MAX = 50
const CENTRE_MAX = 20
const ROWS_PER_CHUNK = 400

type KeeperRow =
  | FlockRow
  | readonly ['active', attempt: ActiveAttempt]
  | readonly ['history', group: string, formedAt: EpochMs, entries: readonly GroupHistoryEntry[]]
  | readonly ['changes', count: number]

/**
 * A swarm's flock, out of the event log: what agents begin and how it ends. The groups follow from the log alone, so that
 * a takeover finds them as they were, and each change of them becomes one event.
 */
export class FlockKeeper implements DurableState, GroupService {
  readonly name = 'flock'
  readonly format = 1
  readonly #options: FlockKeeperOptions
  readonly #modules: FlockKeeperModules
  readonly #active = new Map<TaskId, ActiveAttempt>()
  readonly #histories = new Map<string, { readonly formedAt: EpochMs; entries: GroupHistoryEntry[] }>()
  #flock: Flock
  #changeCount = 0
  #now = 0 as EpochMs

  constructor(options: FlockKeeperOptions, modules: FlockKeeperModules) {
    this.#options = options
    this.#modules = modules
    this.#flock = this.#empty()
  }

  get flock(): Flock {
    return this.#flock
  }

  /** Attempts under way, of all agents. */
  get active(): Iterable<ActiveAttempt> {
    return this.#active.values()
  }

  read(event: SwarmEvent): void {
    const settings = this.#options.settings()
    if (settings === undefined) return
    this.#flock.configure(settings)
    this.#now = event.time
    if (event.type === 'agent.removed') this.#flock.remove(agentId(event.subject))
    else if (event.type.startsWith('task.')) this.#readTask(event)
  }

  list: GroupService['list'] = async ({ after = '', countMax }) =>
    [...this.#flock.grouping.groups.values()]
      .filter(({ name }) => name > after)
      .toSorted((a, b) => (a.name < b.name ? -1 : 1))
      .slice(0, countMax)
      .map((group) => this.#view(group))

  get: GroupService['get'] = async ({ group: name }) => {
    const group = this.#flock.grouping.groups.get(name)
    if (group === undefined) throw new SwarmError('group_not_found', { group: name })
    return this.#view(group)
  }

  snapshot(): readonly unknown[] {
    const rows: KeeperRow[] = [...this.#flock.rows()]
    for (const attempt of this.#active.values()) rows.push(['active', attempt])
    for (const [group, { formedAt, entries }] of this.#histories)
      rows.push(['history', group, formedAt, [...entries]])
    rows.push(['changes', this.#changeCount])
    const chunkCount = Math.ceil(rows.length / ROWS_PER_CHUNK)
    return Array.from({ length: chunkCount }, (_, index) =>
      rows.slice(index * ROWS_PER_CHUNK, (index + 1) * ROWS_PER_CHUNK),
    )
  }

  restore(chunks: readonly unknown[], format: number): void {
    if (format !== this.format) throw new Error(`unknown format ${format} of a flock`)
    this.clear()
    for (const row of (chunks as readonly (readonly KeeperRow[])[]).flat()) {
      if (row[0] === 'active') this.#active.set(row[1].taskId, row[1])
      else if (row[0] === 'history') this.#histories.set(row[1], { formedAt: row[2], entries: [...row[3]] })
      else if (row[0] === 'changes') this.#changeCount = row[1]
      else this.#flock.restore(row)
    }
  }

  clear(): void {
    this.#active.clear()
    this.#histories.clear()
    this.#changeCount = 0
    this.#flock = this.#empty()
  }

  #readTask(event: SwarmEvent): void {
    const news = attemptNews(event)
    if (news === undefined) return
    if (news.type === 'began') {
      const { agentId: agent, kind } = news.attempt
      const wasPrepared = this.#flock.began({ agentId: agent, kind, slots: this.#options.slotsOf(agent) })
      this.#active.set(news.attempt.taskId, { ...news.attempt, wasPrepared })
      return
    }
    if (news.type === 'dropped') {
      this.#active.delete(news.taskId)
      return
    }
    const { taskId: id, hasSucceeded, runMs, ...attempt } = news.attempt
    const began = this.#active.get(id)
    this.#active.delete(id)
    const wasPrepared = began?.wasPrepared ?? true
    this.#flock.learn({ ...attempt, hasSucceeded, durationMs: runMs, wasPrepared })
  }

  #changed(change: GroupChange): void {
    this.#changeCount += 1
    const at = this.#now
    this.#modules.write({ number: this.#changeCount, at, change })
    if (change.type === 'dissolved') {
      this.#histories.delete(change.group)
      return
    }
    if (change.type === 'merged') this.#histories.delete(change.from)
    const history = this.#histories.get(change.group) ?? { formedAt: at, entries: [] }
    history.entries = [...history.entries, { at, change }].slice(-HISTORY_MAX)
    this.#histories.set(change.group, history)
  }

  #view({ name, members, prepared, skills }: Group): GroupView {
    const history = this.#histories.get(name)
    const kinds = new Set([...prepared.keys(), ...skills.keys()])
    const centre = Array.from(kinds, (taskType) => {
      const { successes = 0, attempts = 0 } = skills.get(taskType) ?? {}
      const successRate = attempts > 0 ? Math.min(1, Math.max(0, successes / attempts)) : 0
      return { taskType, preparedCount: prepared.get(taskType) ?? 0, attempts, successRate }
    }).toSorted((a, b) => b.preparedCount - a.preparedCount || b.attempts - a.attempts)
    return {
      group: name,
      members: [...members].toSorted(),
      formedAt: history?.formedAt ?? this.#now,
      centre: centre.slice(0, CENTRE_MAX),
      history: history?.entries ?? [],
    }
  }

  #empty(): Flock {
    return new Flock(this.#options.settings() ?? FLOCK_DEFAULTS, {
      onChange: (change) => this.#changed(change),
    })
  }
}
