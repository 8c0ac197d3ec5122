import type { Reminders } from '../kernel/reminders.ts'
import { type SwarmJournal, unchanged } from '../kernel/swarm-journal.ts'
import { isSwarmError } from '../model/errors.ts'
import type { EventDraft } from '../model/events.ts'
import { eventDraft } from '../model/events.ts'
import type { Clock } from '../ports/clock.ts'
import type { Logger } from '../ports/logger.ts'
import { put, type RecordWrite, remove } from '../ports/records.ts'
import type { TopologyChange } from './swarm-topology.ts'
import type { MemberPlace } from './topology.ts'
import { TOPOLOGY_MEMBER_RECORDS, TOPOLOGY_RECORDS, type TopologyRecord } from './topology-record.ts'

export interface TopologyWriterModules {
  readonly journal: SwarmJournal
  readonly reminders: Reminders
  readonly clock: Clock
  readonly logger: Logger
}

/** A change, and what the records say once it is written. */
export interface WrittenChange {
  readonly change: TopologyChange
  readonly leaderId: TopologyRecord['leaderId']
  /** Where the members that moved stand now. */
  readonly places: readonly MemberPlace[]
}

export const TOPOLOGY_KEY = { kind: TOPOLOGY_RECORDS, id: 'topology' } as const
/** Most changes that one step writes. */
const STEP_MAX = 100
/** Pause before another try where the store refused, in milliseconds. */
const TRY_AGAIN_MS = 500

/**
 * Writes the changes of the topology: each with its event and the places that it changed, in the order in which they
 * happened. So the records and the log always tell of the same topology, and no change is missing in either.
 */
export class TopologyWriter {
  readonly #modules: TopologyWriterModules
  readonly #waiting: WrittenChange[] = []
  #isWriting = false

  constructor(modules: TopologyWriterModules) {
    this.#modules = modules
  }

  write(change: WrittenChange): void {
    this.#waiting.push(change)
    if (!this.#isWriting) void this.#writeAll()
  }

  async #writeAll(): Promise<void> {
    const { logger, reminders } = this.#modules
    this.#isWriting = true
    while (this.#waiting.length > 0) {
      const changes = this.#waiting.slice(0, STEP_MAX)
      try {
        await this.#step(changes)
        this.#waiting.splice(0, changes.length)
      } catch (error) {
        logger.warn({ error, version: changes[0]?.change.version }, 'topology change not written')
        // Another coordinatorship has begun, and compares what is written with the agents that are here.
        if (isSwarmError(error, 'not_coordinator')) return
        await new Promise<void>((resolve) => reminders.set(TRY_AGAIN_MS, resolve))
      }
    }
    this.#isWriting = false
  }

  async #step(changes: readonly WrittenChange[]): Promise<void> {
    await this.#modules.journal.transact([TOPOLOGY_KEY] as const, ([stored]) => {
      // An earlier try whose answer was lost may have been committed.
      const written = stored?.value.version ?? 0
      const missing = changes.filter(({ change }) => change.version > written)
      const last = missing.at(-1)
      if (last === undefined) return unchanged(null)
      const record: TopologyRecord = {
        version: last.change.version,
        leaderId: last.leaderId,
        settings: last.change.settings,
      }
      return {
        ...unchanged(null),
        writes: [put(TOPOLOGY_RECORDS, TOPOLOGY_KEY.id, record), ...memberWrites(missing)],
        events: missing.map((change) => this.#event(change)),
      }
    })
  }

  #event({ change }: WrittenChange): EventDraft {
    const { cause, settings, version, agentId, linked, unlinked } = change
    const data = { cause, ...settings, version, linked, unlinked }
    return eventDraft('topology.changed', agentId ?? 'topology', this.#modules.clock.now(), data)
  }
}

/** One write for each member: the store takes no two for one record. */
function memberWrites(changes: readonly WrittenChange[]): readonly RecordWrite[] {
  const writes = new Map<string, RecordWrite>()
  for (const { change, places } of changes) {
    const { cause, agentId } = change
    if (agentId !== undefined && (cause === 'left' || cause === 'died'))
      writes.set(agentId, remove(TOPOLOGY_MEMBER_RECORDS, agentId))
    for (const member of places)
      writes.set(member.agentId, put(TOPOLOGY_MEMBER_RECORDS, member.agentId, member))
  }
  return [...writes.values()]
}
