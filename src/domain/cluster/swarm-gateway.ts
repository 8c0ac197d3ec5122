import type { AttachRequest, DetachRequest } from '../agents/agent-service.ts'
import type { AgentDelivery } from '../communication/agent-delivery.ts'
import type { EventStream } from '../communication/event-stream.ts'
import type { AgentSessions } from '../communication/ports/agent-sessions.ts'
import { isSwarmError, SwarmError } from '../model/errors.ts'
import type { AgentId, NodeId, Scope, SessionId } from '../model/ids.ts'
import { invoke } from '../orchestration/swarm-calls.ts'
import type { SwarmOrchestrator } from '../orchestration/swarm-orchestrator.ts'
import type { AnswerOf, ArgumentOf, SwarmMethod } from '../orchestration/swarm-service.ts'
import type { Clock } from '../ports/clock.ts'
import type { ClaimOutcome } from '../ports/coordination.ts'
import type { Logger } from '../ports/logger.ts'
import type { Peers } from '../ports/peers.ts'

/** Who coordinates the swarm, as far as this node knows. */
type Role =
  | { readonly type: 'local'; readonly orchestrator: SwarmOrchestrator }
  | { readonly type: 'remote'; readonly coordinatorId: NodeId }

export interface SwarmGatewayOptions {
  readonly scope: Scope
  /** How long a call looks for a coordinating node before it gives up. */
  readonly findCoordinatorMs: number
}

export interface SwarmGatewayModules {
  readonly events: EventStream
  readonly peers: Peers
  readonly sessions: AgentSessions
  readonly clock: Clock
  readonly logger: Logger
  claim(): Promise<ClaimOutcome>
  /** The node that coordinates now, as everybody sees it. */
  coordinatorOf(): Promise<NodeId | undefined>
  /** Builds and starts the orchestrator of a claim that was just granted. */
  begin(outcome: Extract<ClaimOutcome, { isHeld: true }>): Promise<SwarmOrchestrator>
  /** Ends what `begin` began. */
  end(orchestrator: SwarmOrchestrator): Promise<void>
}

const RETRY_MS = 100

/**
 * One node's way to one swarm: it runs each call on the orchestrator here, or carries it to the node that
 * coordinates, and finds the new one when that node is gone. Every call can be repeated safely, see SwarmService.
 */
export class SwarmGateway {
  readonly scope: Scope
  readonly #options: SwarmGatewayOptions
  readonly #modules: SwarmGatewayModules
  /** The agents' connections on this node. */
  readonly #sessions = new Map<SessionId, AgentId>()
  #role: Role | undefined
  #resolving: Promise<Role> | undefined
  #ending: Promise<void> = Promise.resolve()
  #lastCoordinatorId: NodeId | undefined
  #isClosed = false

  constructor(options: SwarmGatewayOptions, modules: SwarmGatewayModules) {
    this.scope = options.scope
    this.#options = options
    this.#modules = modules
  }

  /** The orchestrator, where this node coordinates. */
  get orchestrator(): SwarmOrchestrator | undefined {
    return this.#role?.type === 'local' ? this.#role.orchestrator : undefined
  }

  async call<M extends SwarmMethod>(method: M, argument: ArgumentOf<M>): Promise<AnswerOf<M>> {
    const local = this.orchestrator
    if (local === undefined) return this.#callAnywhere(method, argument)
    try {
      return await invoke(local.service, method, argument)
    } catch (error) {
      if (!isSwarmError(error, 'not_coordinator')) throw error
      return this.#callAnywhere(method, argument)
    }
  }

  /** Runs another node's call. @throws SwarmError `not_coordinator` where this node is not the one. */
  serve(method: string, argument: unknown): Promise<unknown> {
    const local = this.orchestrator
    if (local === undefined) {
      const coordinatorId = this.#role?.type === 'remote' ? this.#role.coordinatorId : null
      throw new SwarmError('not_coordinator', { coordinatorId })
    }
    return invoke(local.service, method as SwarmMethod, argument as never)
  }

  /** Notes which agents are connected here, so that they can be told when the swarm is coordinated anew. */
  attached({ nodeId, sessionId, agentId }: AttachRequest): void {
    if (nodeId === this.#modules.peers.nodeId) this.#sessions.set(sessionId, agentId)
  }

  detached({ sessionId }: DetachRequest): void {
    this.#sessions.delete(sessionId)
  }

  tellSessions(delivery: AgentDelivery): void {
    for (const sessionId of this.#sessions.keys()) this.#modules.sessions.deliver(sessionId, delivery)
  }

  /** This node goes away: its agents are given nothing new, wherever the swarm is coordinated, and are told so. */
  async drainSessions(reason: string): Promise<void> {
    const stopped = Array.from(this.#sessions, ([sessionId, agentId]) =>
      // A coordinator that does not answer assigns nothing either.
      this.call('agents.stopWork', { agentId, sessionId }).catch(() => null),
    )
    await Promise.all(stopped)
    this.tellSessions({ type: 'drain', reason })
  }

  /** What this node can do for its agents, another one may do better. */
  cutOff(): void {
    this.tellSessions({ type: 'reattach', reason: 'this node cannot reach the store' })
  }

  /** This node did not listen for a while: what another node told its agents meanwhile is lost. */
  missed(): void {
    if (this.#role?.type !== 'remote') return
    this.tellSessions({ type: 'reattach', reason: 'messages from another node may be missing' })
  }

  /**
   * Makes sure that somebody coordinates the swarm: this node, where no other does.
   *
   * @param seen who coordinates it, where that was asked just now
   */
  async ensureCoordinated(seen?: { readonly coordinatorId: NodeId | undefined }): Promise<void> {
    const role = this.#role
    if (role !== undefined) {
      const { coordinatorId } = seen ?? { coordinatorId: await this.#modules.coordinatorOf() }
      if (this.#role !== role || coordinatorId === this.#coordinatorIn(role)) return
      // A claim of ours that lapsed is renewed unless somebody else was faster, and then we are told.
      if (role.type === 'local' && coordinatorId === undefined) return
      await this.#leave(role)
    }
    await this.#resolve()
  }

  /** The coordinator this node knew is gone, or this node's own claim is. */
  async lost(coordinatorId: NodeId): Promise<void> {
    const role = this.#role
    if (role !== undefined && this.#coordinatorIn(role) === coordinatorId) await this.#leave(role)
  }

  /** The store refused this orchestrator: a later coordinatorship has begun, perhaps on this very node. */
  async fenced(orchestrator: SwarmOrchestrator): Promise<void> {
    if (this.#role?.type === 'local' && this.#role.orchestrator === orchestrator)
      await this.#leave(this.#role)
  }

  async close(): Promise<void> {
    this.#isClosed = true
    await this.#resolving?.catch(() => undefined)
    await this.lost(this.#modules.peers.nodeId)
    this.#modules.events.close()
  }

  async #callAnywhere<M extends SwarmMethod>(method: M, argument: ArgumentOf<M>): Promise<AnswerOf<M>> {
    const { peers, clock } = this.#modules
    const giveUpAt = clock.monotonic() + this.#options.findCoordinatorMs
    for (;;) {
      let role: Role | undefined
      try {
        // A takeover may take longer than anybody should wait for an answer; it goes on all the same.
        role = this.#role ?? (await this.#within(giveUpAt, this.#resolve()))
        if (role.type === 'local') return await invoke(role.orchestrator.service, method, argument)
        const answer = await peers.call(role.coordinatorId, { scope: this.scope, method, argument })
        return answer as AnswerOf<M>
      } catch (error) {
        if (!isSwarmError(error, 'not_coordinator', 'coordinator_unavailable')) throw error
        if (this.#isClosed || clock.monotonic() >= giveUpAt) {
          throw new SwarmError('coordinator_unavailable', { retryAfterMs: 1_000 }, { cause: error })
        }
        if (role?.type === 'remote') await this.lost(role.coordinatorId)
      }
      await new Promise<void>((resolve) => clock.setTimer(RETRY_MS, resolve))
    }
  }

  /** @throws SwarmError `coordinator_unavailable` when the time is over first */
  async #within<T>(endsAt: number, promise: Promise<T>): Promise<T> {
    const { clock } = this.#modules
    let cancel: () => void = () => undefined
    const timeout = new Promise<never>((_, reject) => {
      cancel = clock.setTimer(Math.max(0, endsAt - clock.monotonic()), () =>
        reject(new SwarmError('coordinator_unavailable', { retryAfterMs: 1_000 })),
      )
    })
    try {
      return await Promise.race([promise, timeout])
    } finally {
      cancel()
    }
  }

  #coordinatorIn(role: Role): NodeId {
    return role.type === 'local' ? this.#modules.peers.nodeId : role.coordinatorId
  }

  async #leave(role: Role): Promise<void> {
    this.#role = undefined
    if (role.type === 'local') this.#ending = this.#modules.end(role.orchestrator)
    await this.#ending
  }

  #resolve(): Promise<Role> {
    this.#resolving ??= this.#findRole().finally(() => {
      this.#resolving = undefined
    })
    return this.#resolving
  }

  async #findRole(): Promise<Role> {
    const { claim, begin } = this.#modules
    if (this.#isClosed) throw new SwarmError('coordinator_unavailable', { retryAfterMs: 1_000 })
    // What the end of the last coordinatorship gives up must not be what the next one has just begun with.
    await this.#ending
    const outcome = await claim()
    const role: Role = outcome.isHeld
      ? { type: 'local', orchestrator: await begin(outcome) }
      : { type: 'remote', coordinatorId: outcome.coordinatorId }
    this.#role = role
    const coordinatorId = this.#coordinatorIn(role)
    // A new coordinatorship knows none of the connections here; the agents attach again.
    if (
      this.#lastCoordinatorId !== undefined &&
      (role.type === 'local' || coordinatorId !== this.#lastCoordinatorId)
    ) {
      this.tellSessions({ type: 'reattach', reason: 'the swarm is coordinated anew' })
      // The node before may have died between a registration and its notice.
      this.#modules.sessions.registrationChanged(this.scope)
    }
    this.#lastCoordinatorId = coordinatorId
    return role
  }
}
