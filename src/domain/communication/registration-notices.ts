import type { AgentId, Scope } from '../model/ids.ts'
import type { PeerNews, Peers } from '../ports/peers.ts'
import type { AgentSessions } from './ports/agent-sessions.ts'

export const REGISTRATION_TOPIC = 'registration'

interface RegistrationBody {
  readonly agentId: AgentId
}

export interface RegistrationNoticesModules {
  readonly sessions: AgentSessions
  readonly peers: Peers
}

/** Tells every node that an agent was registered anew or removed: each ends what it holds open for the agent as it was. */
export class RegistrationNotices {
  readonly #scope: Scope
  readonly #sessions: AgentSessions
  readonly #peers: Peers

  constructor(scope: Scope, { sessions, peers }: RegistrationNoticesModules) {
    this.#scope = scope
    this.#sessions = sessions
    this.#peers = peers
  }

  changed(agentId: AgentId): void {
    const body: RegistrationBody = { agentId }
    this.#sessions.registrationChanged(this.#scope, agentId)
    this.#peers.notifyAll({ scope: this.#scope, topic: REGISTRATION_TOPIC, body })
  }
}

/** The receiving end, on another node. */
export function deliverRegistration({ scope, body }: PeerNews, sessions: AgentSessions): void {
  sessions.registrationChanged(scope, (body as RegistrationBody).agentId)
}
