import type { Reminders } from '../../kernel/reminders.ts'
import { type SwarmJournal, unchanged } from '../../kernel/swarm-journal.ts'
import { assertNever, isSwarmError } from '../../model/errors.ts'
import { type EventDraft, eventDraft } from '../../model/events.ts'
import { recordKind } from '../../model/record-kind.ts'
import type { Logger } from '../../ports/logger.ts'
import { put } from '../../ports/records.ts'
import type { NumberedChange } from './flock-keeper.ts'

/** Under the id `groups`: how many changes of the groups stand in the log. */
export const GROUP_RECORDS = recordKind<{ readonly changeCount: number }>('groups', { isListed: false })

export interface GroupWriterModules {
  readonly journal: SwarmJournal
  readonly reminders: Reminders
  readonly logger: Logger
}

const KEY = { kind: GROUP_RECORDS, id: 'groups' } as const
const STEP_MAX = 100
/** Changes of so long are put together in one step, in milliseconds. */
const GATHER_MS = 200
/** Changes that wait; the oldest are dropped where the store does not take them for long, and the events are missing. */
const WAITING_MAX = 10_000

/** Writes the changes of the groups into the event log, each once. */
export class GroupWriter {
  readonly #modules: GroupWriterModules
  #waiting: NumberedChange[] = []
  #isWriting = false

  constructor(modules: GroupWriterModules) {
    this.#modules = modules
  }

  write(change: NumberedChange): void {
    this.#waiting.push(change)
    if (this.#waiting.length > WAITING_MAX) this.#waiting.shift()
    if (!this.#isWriting) void this.#writeAll()
  }

  async #writeAll(): Promise<void> {
    const { logger, reminders } = this.#modules
    this.#isWriting = true
    while (this.#waiting.length > 0) {
      await new Promise<void>((resolve) => reminders.set(GATHER_MS, resolve))
      const changes = this.#waiting.slice(0, STEP_MAX)
      try {
        await this.#step(changes)
        const last = changes.at(-1)?.number ?? 0
        this.#waiting = this.#waiting.filter(({ number }) => number > last)
      } catch (error) {
        logger.warn({ error, change: changes[0]?.number }, 'changes of groups not written')
        // Another coordinatorship has begun, and finds the same changes in the log.
        if (isSwarmError(error, 'not_coordinator')) return
      }
    }
    this.#isWriting = false
  }

  async #step(changes: readonly NumberedChange[]): Promise<void> {
    await this.#modules.journal.transact([KEY] as const, ([stored]) => {
      const written = stored?.value.changeCount ?? 0
      const missing = changes.filter(({ number }) => number > written)
      const last = missing.at(-1)
      if (last === undefined) return unchanged(null)
      return {
        ...unchanged(null),
        writes: [put(GROUP_RECORDS, KEY.id, { changeCount: last.number })],
        events: missing.map(eventOf),
      }
    })
  }
}

function eventOf({ at, change }: NumberedChange): EventDraft {
  const { group } = change
  switch (change.type) {
    case 'joined':
      return eventDraft('group.joined', group, at, { agentId: change.agentId })
    case 'left':
      return eventDraft('group.left', group, at, { agentId: change.agentId })
    case 'formed':
      return eventDraft('group.formed', group, at, { members: change.members })
    case 'split':
      return eventDraft('group.split', group, at, { from: change.from, members: change.members })
    case 'merged':
      return eventDraft('group.merged', group, at, { from: change.from, members: change.members })
    case 'dissolved':
      return eventDraft('group.dissolved', group, at, {})
    default:
      return assertNever(change)
  }
}
