import type { AgentRegisterInput } from '#contract/index.ts'
import type { SwarmClient } from '../client/swarm-client.ts'

/** Who an agent is, and the credential that proves it. */
export interface AgentCredentials {
  readonly agentId: string
  readonly token: string
}

export interface AgentIdentityModules {
  readonly client: SwarmClient
  /** The key an agent of this id is to vote with; undefined where the server is to hold one for it. */
  claimKey(agentId: string): Promise<AgentRegisterInput['voterKey']>
}

/** Registers the agent, and again where the swarm has forgotten it; never over another agent that took its id. */
export class AgentIdentity {
  readonly #registration: AgentRegisterInput
  readonly #modules: AgentIdentityModules
  readonly #isGiven: boolean
  #credentials: AgentCredentials | undefined
  #agentId: string | undefined
  #wasRegistered = false

  /** @param given of an agent that somebody else registered: then it is not registered here. */
  constructor(
    registration: AgentRegisterInput,
    given: AgentCredentials | undefined,
    modules: AgentIdentityModules,
  ) {
    this.#registration = registration
    this.#modules = modules
    this.#credentials = given
    this.#isGiven = given !== undefined
    this.#agentId = given?.agentId ?? registration.agentId
  }

  /** Undefined until the server has chosen it, where it was left to the server. */
  get agentId(): string | undefined {
    return this.#agentId
  }

  /** Whether a credential that was refused can be replaced: it was given to us by registering. */
  get isRenewable(): boolean {
    return !this.#isGiven && this.#credentials !== undefined
  }

  /** @throws SwarmApiError as registering does; `agent_exists` where a newer agent has the id */
  async obtain(): Promise<AgentCredentials> {
    this.#credentials ??= await this.#register()
    return this.#credentials
  }

  /** The swarm does not know the credential: it lost the agent, or another one was registered under its id. */
  renew(): void {
    this.#credentials = undefined
  }

  async #register(): Promise<AgentCredentials> {
    const { client, claimKey } = this.#modules
    const wantedId = this.#agentId
    const voterKey = wantedId === undefined ? undefined : await claimKey(wantedId)
    const { agentId, token } = await client.registerAgent({
      ...this.#registration,
      ...(wantedId === undefined ? {} : { agentId: wantedId }),
      ...(voterKey === undefined ? {} : { voterKey }),
      // An agent that starts takes its id over from the run before it. One that has lost its place does not: whoever
      // has the id now came later. It does not come back either where somebody removed it.
      ...(this.#wasRegistered ? { replace: false, isReturning: true } : {}),
    })
    this.#agentId = agentId
    this.#wasRegistered = true
    return { agentId, token }
  }
}
