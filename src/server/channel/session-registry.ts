import type { SessionId } from '#domain/ids.ts'
import type { AgentDelivery } from '#domain/orchestration/assignment.ts'
import type { AgentSessions } from '#domain/ports/agent-sessions.ts'

/** A connection that can be told things. */
interface Receiver {
  /** @returns false where the connection is gone or too slow */
  deliver(delivery: AgentDelivery): boolean
}

/** The agents' channels on this node, by their session. */
export class SessionRegistry implements AgentSessions {
  readonly #channels = new Map<SessionId, Receiver>()

  get size(): number {
    return this.#channels.size
  }

  add(session: SessionId, channel: Receiver): void {
    this.#channels.set(session, channel)
  }

  remove(session: SessionId): void {
    this.#channels.delete(session)
  }

  deliver(session: SessionId, delivery: AgentDelivery): boolean {
    return this.#channels.get(session)?.deliver(delivery) ?? false
  }
}
