import type { AgentDelivery } from '#domain/communication/agent-delivery.ts'
import type { AgentSessions } from '#domain/communication/ports/agent-sessions.ts'
import type { AgentId, Scope, SessionId } from '#domain/model/ids.ts'

/** A connection that can be told things. */
interface Receiver {
  /** @returns false where the connection is gone or too slow */
  deliver(delivery: AgentDelivery): boolean
  /** @returns whether the other side answered in time */
  probe(withinMs: number): Promise<boolean>
}

export type RegistrationListener = (scope: Scope, agentId: AgentId | undefined) => void

/** The agents' channels on this node, by their session. */
export class SessionRegistry implements AgentSessions {
  readonly #channels = new Map<SessionId, Receiver>()
  readonly #listeners: RegistrationListener[] = []

  get size(): number {
    return this.#channels.size
  }

  add(session: SessionId, channel: Receiver): void {
    this.#channels.set(session, channel)
  }

  remove(session: SessionId): void {
    this.#channels.delete(session)
  }

  onRegistrationChange(listener: RegistrationListener): void {
    this.#listeners.push(listener)
  }

  registrationChanged(scope: Scope, agentId?: AgentId): void {
    for (const listener of this.#listeners) listener(scope, agentId)
  }

  deliver(session: SessionId, delivery: AgentDelivery): boolean {
    return this.#channels.get(session)?.deliver(delivery) ?? false
  }

  async probe(session: SessionId, withinMs: number): Promise<boolean> {
    return (await this.#channels.get(session)?.probe(withinMs)) ?? false
  }
}
