import type { SwarmJournal } from '../kernel/swarm-journal.ts'
import { unchanged } from '../kernel/swarm-journal.ts'
import { isSwarmError, SwarmError } from '../model/errors.ts'
import type { AgentId } from '../model/ids.ts'
import { INBOX_RECORDS, type InboxRecord, inboxKey, type SwarmMessage } from '../model/message.ts'
import type { Clock } from '../ports/clock.ts'
import { put, remove, type StoredRecord } from '../ports/records.ts'
import type { SwarmStore } from '../ports/swarm-store.ts'
import { type InboxEntry, InboxIndex, inboxEntryOf, isExpired } from './inbox-index.ts'

export interface InboxOptions {
  /** Messages that may wait for one agent. */
  readonly inboxMessagesMax: number
}

export interface InboxModules {
  readonly journal: SwarmJournal
  readonly store: SwarmStore
  readonly clock: Clock
}

const PAGE = 200

/**
 * The durable messages that wait for agents. A message stays until its receiver acknowledges it or it expires, and is
 * kept once however often it is sent.
 */
export class Inbox {
  readonly #options: InboxOptions
  readonly #modules: InboxModules
  /** Read from the store when an inbox is first asked for. */
  readonly #indexes = new Map<AgentId, Promise<InboxIndex>>()

  constructor(options: InboxOptions, modules: InboxModules) {
    this.#options = options
    this.#modules = modules
  }

  /**
   * @returns undefined where the message was there already, and is known to wait
   * @throws SwarmError `limit_exceeded`; `idempotency_key_reused` where another message has its id
   */
  async keep(agentId: AgentId, message: SwarmMessage): Promise<InboxRecord | undefined> {
    const { journal, clock } = this.#modules
    const index = await this.#index(agentId)
    const record = { agentId, position: index.reserve(this.#options.inboxMessagesMax, clock.now()), message }
    const key = inboxKey(agentId, message.messageId)
    try {
      const kept = await journal.transact([key] as const, ([stored]) => {
        if (stored === undefined)
          return { ...unchanged(record), writes: [put(INBOX_RECORDS, key.id, record)] }
        refuseOther(stored.value.message, message)
        return unchanged<InboxRecord>(stored.value)
      })
      // Not known although it was there: the store wrote it, and its answer was lost.
      if (index.has(message.messageId) || isExpired(kept.message, clock.now())) return undefined
      index.add(inboxEntryOf(kept))
      return kept
    } finally {
      index.release()
    }
  }

  /** Those behind the position, oldest first; what expired is left out. */
  async list(agentId: AgentId, after: number, countMax: number): Promise<readonly InboxRecord[]> {
    const { clock } = this.#modules
    return this.#found(agentId, (index) => index.idsAfter(after, countMax, clock.now()))
  }

  /** Those that are not among `known`, in the order they came; what expired is left out. */
  async waiting(
    agentId: AgentId,
    known: { has(messageId: string): boolean },
    countMax: number,
  ): Promise<readonly InboxRecord[]> {
    const { clock } = this.#modules
    return this.#found(agentId, (index) => index.idsBut(known, countMax, clock.now()))
  }

  /** None only where none is wanted: what the store does not have any more is forgotten, and the next are looked for. */
  async #found(
    agentId: AgentId,
    wanted: (index: InboxIndex) => readonly string[],
  ): Promise<readonly InboxRecord[]> {
    const index = await this.#index(agentId)
    for (;;) {
      const ids = wanted(index)
      if (ids.length === 0) return []
      const found = await this.#readKept(agentId, ids, index)
      if (found === undefined) continue
      // Swept away, or acknowledged by a step whose answer was lost.
      for (const [place, messageId] of ids.entries()) if (found[place] === undefined) index.delete(messageId)
      const records = found.flatMap((record) => (record === undefined ? [] : [record.value]))
      if (records.length > 0) return records
    }
  }

  /** Undefined where one of them is damaged: the store has named it, and what is left out of the index delays none behind it. */
  async #readKept(
    agentId: AgentId,
    ids: readonly string[],
    index: InboxIndex,
  ): Promise<readonly (StoredRecord<InboxRecord> | undefined)[] | undefined> {
    const { store, journal } = this.#modules
    const keys = ids.map((messageId) => inboxKey(agentId, messageId))
    try {
      return await store.getMany(journal.scope, keys)
    } catch (error) {
      if (!isSwarmError(error, 'record_damaged')) throw error
      const damaged = ids.find((messageId) => inboxKey(agentId, messageId).id === error.details.id)
      if (damaged === undefined) throw error
      index.delete(damaged)
      return undefined
    }
  }

  /** The receiver has dealt with these; unknown ones are ignored. @returns how many were there */
  async acknowledge(agentId: AgentId, messageIds: readonly string[]): Promise<number> {
    const index = await this.#index(agentId)
    const count = await this.#remove(agentId, [...new Set(messageIds)])
    for (const messageId of messageIds) index.delete(messageId)
    return count
  }

  /** Forgets what waited for an agent that is no more. */
  async drop(agentId: AgentId): Promise<void> {
    this.#indexes.delete(agentId)
    for await (const page of this.#pages(agentId)) {
      await this.#remove(
        agentId,
        page.map(({ value }) => value.message.messageId),
      )
    }
  }

  #remove(agentId: AgentId, messageIds: readonly string[]): Promise<number> {
    const keys = messageIds.map((messageId) => inboxKey(agentId, messageId))
    return this.#modules.journal.transact(keys, (stored) => {
      const present = stored.flatMap((record) => (record === undefined ? [] : [record.key.id]))
      return { ...unchanged(present.length), writes: present.map((id) => remove(INBOX_RECORDS, id)) }
    })
  }

  #index(agentId: AgentId): Promise<InboxIndex> {
    const known = this.#indexes.get(agentId)
    if (known !== undefined) return known
    const reading = this.#readShelf(agentId)
    this.#indexes.set(agentId, reading)
    // Asked again, the store may answer.
    reading.catch(() => this.#indexes.delete(agentId))
    return reading
  }

  async #readShelf(agentId: AgentId): Promise<InboxIndex> {
    const entries: InboxEntry[] = []
    for await (const page of this.#pages(agentId))
      entries.push(...page.map(({ value }) => inboxEntryOf(value)))
    return new InboxIndex(entries)
  }

  async *#pages(agentId: AgentId): AsyncGenerator<readonly StoredRecord<InboxRecord>[]> {
    const { store, journal } = this.#modules
    const prefix = `${agentId}:`
    for (let after = prefix; ; ) {
      const found = await store.list({
        scope: journal.scope,
        kind: INBOX_RECORDS,
        prefix,
        after,
        countMax: PAGE,
      })
      if (found.length > 0) yield found
      const last = found.at(-1)
      if (found.length < PAGE || last === undefined) return
      after = last.key.id
    }
  }
}

/** A sender may repeat itself; another message under the same id would be lost in silence. */
function refuseOther(kept: SwarmMessage, message: SwarmMessage): void {
  if (kept.from === message.from && kept.payload === message.payload) return
  throw new SwarmError('idempotency_key_reused', { idempotencyKey: message.messageId })
}
