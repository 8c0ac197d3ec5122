import { SwarmError } from '../errors.ts'
import type { AgentId } from '../ids.ts'
import type { SwarmJournal } from '../orchestration/swarm-journal.ts'
import { unchanged } from '../orchestration/swarm-journal.ts'
import type { Clock } from '../ports/clock.ts'
import { put, remove } from '../ports/records.ts'
import type { SwarmStore } from '../ports/swarm-store.ts'
import { inboxKey, type SwarmMessage } from './message.ts'

export interface InboxOptions {
  /** Messages that may wait for one agent. */
  readonly inboxMessagesMax: number
}

export interface InboxModules {
  readonly journal: SwarmJournal
  readonly store: SwarmStore
  readonly clock: Clock
}

/**
 * The durable messages that wait for agents. A message stays until its receiver acknowledges it or it expires, is
 * delivered again at each attach, and is kept once however often it is sent.
 */
export class Inbox {
  readonly #options: InboxOptions
  readonly #modules: InboxModules
  /** How many wait for whom; counted in the store when first asked for. */
  readonly #counts = new Map<AgentId, number>()

  constructor(options: InboxOptions, modules: InboxModules) {
    this.#options = options
    this.#modules = modules
  }

  /** @returns false where the message was there already. @throws SwarmError `limit_exceeded` */
  async keep(agentId: AgentId, message: SwarmMessage): Promise<boolean> {
    const count = await this.#count(agentId)
    const limit = this.#options.inboxMessagesMax
    if (count >= limit)
      throw new SwarmError('limit_exceeded', { limitName: 'inboxMessagesMax', limit, actual: count + 1 })
    this.#counts.set(agentId, count + 1)
    const key = inboxKey(agentId, message.messageId)
    let isNew = false
    try {
      isNew = await this.#modules.journal.transact([key] as const, ([stored]) => {
        if (stored !== undefined) return unchanged(false)
        return { ...unchanged(true), writes: [put('inbox', key.id, { agentId, message })] }
      })
    } finally {
      if (!isNew) this.#counts.set(agentId, (this.#counts.get(agentId) ?? 1) - 1)
    }
    return isNew
  }

  /** Oldest first, those that expired left out. */
  async list(agentId: AgentId, countMax: number, after?: string): Promise<readonly SwarmMessage[]> {
    const { store, journal, clock } = this.#modules
    const from = after === undefined ? `${agentId}:` : inboxKey(agentId, after).id
    const found = await store.list({ scope: journal.scope, kind: 'inbox', after: from, countMax })
    const now = clock.now()
    return found
      .filter(({ value }) => value.agentId === agentId)
      .map(({ value }) => value.message)
      .filter(({ expiresAt }) => expiresAt === undefined || expiresAt > now)
  }

  /** The receiver has dealt with these; unknown ones are ignored. @returns how many were there */
  async acknowledge(agentId: AgentId, messageIds: readonly string[]): Promise<number> {
    const keys = messageIds.map((messageId) => inboxKey(agentId, messageId))
    const count = await this.#modules.journal.transact(keys, (stored) => {
      const present = stored.flatMap((record) => (record === undefined ? [] : [record.key.id]))
      return { ...unchanged(present.length), writes: present.map((id) => remove('inbox', id)) }
    })
    const before = this.#counts.get(agentId)
    if (before !== undefined) this.#counts.set(agentId, Math.max(0, before - count))
    return count
  }

  /** Forgets what waited for an agent that is no more. */
  async drop(agentId: AgentId): Promise<void> {
    for (let found = await this.list(agentId, 500); found.length > 0; found = await this.list(agentId, 500)) {
      await this.acknowledge(
        agentId,
        found.map(({ messageId }) => messageId),
      )
    }
    this.#counts.delete(agentId)
  }

  async #count(agentId: AgentId): Promise<number> {
    const known = this.#counts.get(agentId)
    if (known !== undefined) return known
    const found = await this.list(agentId, this.#options.inboxMessagesMax)
    const count = this.#counts.get(agentId) ?? found.length
    this.#counts.set(agentId, count)
    return count
  }
}
