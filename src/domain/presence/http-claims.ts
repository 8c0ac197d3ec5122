import type { AgentRegistry } from '../agents/agent-registry.ts'
import type { ClaimReceipt, ClaimRequest } from '../agents/agent-service.ts'
import type { AgentState } from '../agents/agent-state.ts'
import { PendingClaim } from '../agents/pending-claim.ts'
import type { Assignment, HeldTask } from '../model/assignment.ts'
import { SwarmError } from '../model/errors.ts'
import type { AgentId } from '../model/ids.ts'
import type { Clock } from '../ports/clock.ts'
import type { LeaseKeeper } from '../tasks/lease-keeper.ts'
import type { LeaseRecords } from '../tasks/lease-records.ts'
import type { TaskEnder } from '../tasks/task-ender.ts'

export interface HttpClaimsModules {
  readonly registry: AgentRegistry
  readonly leases: LeaseKeeper
  readonly leaseRecords: LeaseRecords
  readonly ender: TaskEnder
  readonly clock: Clock
  /** The agent asks for work: a sign of life. */
  onHeard(agent: AgentState): Promise<void>
}

/** Agents that pull their work: claims that wait for it, and what becomes of the answers. */
export class HttpClaims {
  readonly #modules: HttpClaimsModules
  #isDraining = false

  constructor(modules: HttpClaimsModules) {
    this.#modules = modules
  }

  /** Answers the agents that wait for work with what there is: there will be no more here. */
  drain(): void {
    this.#isDraining = true
    for (const { claim } of this.#modules.registry.agents) claim?.end()
  }

  async claim(request: ClaimRequest): Promise<readonly Assignment[]> {
    const { registry } = this.#modules
    const { agentId, tokenHash } = request
    const state = registry.get(agentId)
    state.refuseOldToken(tokenHash)
    const assignments = await this.#wait(state, request)
    const isOther = registry.find(agentId) !== state || state.record.tokenHash !== tokenHash
    if (tokenHash === undefined || !isOther) return assignments
    // Removed, or registered anew, while it waited: what was assigned is not for the one who asked.
    this.#giveBack(agentId, assignments)
    throw new SwarmError('unauthorized', { agentId })
  }

  async #wait(state: AgentState, request: ClaimRequest): Promise<readonly Assignment[]> {
    const { registry, clock, onHeard } = this.#modules
    const { agentId, claimId, countMax, waitMs } = request
    if (state.session !== undefined) throw new SwarmError('agent_on_channel', { agentId })
    await onHeard(state)
    if (state.record.isDraining) throw new SwarmError('agent_draining', { agentId })
    const answered = this.#answeredBefore(state, claimId)
    if (answered.length > 0) return answered
    // The agent asks again before its earlier question was answered: it no longer listens for that answer.
    state.claim?.end()
    return new Promise((resolve) => {
      const claim: PendingClaim = new PendingClaim({ claimId, countMax }, (assignments) => {
        cancelWait()
        if (state.claim === claim) state.claim = undefined
        if (assignments.length > 0) state.answeredClaim = { claimId, assignments }
        registry.refresh(state)
        resolve(assignments)
      })
      const cancelWait = clock.setTimer(this.#isDraining ? 0 : waitMs, () => claim.end())
      state.claim = claim
      registry.refresh(state)
    })
  }

  /** The answer reached the agent's connection, or that closed before. */
  settle({ agentId, claimId, isDelivered, held }: ClaimReceipt): void {
    const state = this.#modules.registry.find(agentId)
    // An agent that was removed holds nothing.
    if (state === undefined) return
    if (state.answeredClaim?.claimId === claimId) state.answeredClaim = undefined
    if (!isDelivered && state.claim?.claimId === claimId) state.claim.end()
    if (isDelivered) this.#received(agentId, held)
    else this.#giveBack(agentId, held)
  }

  /** The same call again, after its answer was lost on the way from the coordinating node. */
  #answeredBefore({ answeredClaim }: AgentState, claimId: string): readonly Assignment[] {
    if (answeredClaim?.claimId !== claimId) return []
    return answeredClaim.assignments.filter(({ taskId, fencingToken }) => this.#isHeld(taskId, fencingToken))
  }

  #received(agentId: AgentId, held: readonly HeldTask[]): void {
    const { leases, leaseRecords } = this.#modules
    leaseRecords.renewed(
      held.filter(({ taskId, fencingToken }) => leases.renew(taskId, agentId, fencingToken)),
    )
  }

  #giveBack(agentId: AgentId, held: readonly HeldTask[]): void {
    const { leases, ender } = this.#modules
    for (const { taskId, fencingToken } of held) {
      const lease = leases.leaseOf(taskId)
      if (lease?.agentId === agentId && lease.fencingToken === fencingToken && !lease.isReceived)
        void ender.undeliver(taskId, lease, 'the connection of the claim closed before the answer')
    }
  }

  #isHeld(taskId: HeldTask['taskId'], token: HeldTask['fencingToken']): boolean {
    return this.#modules.leases.leaseOf(taskId)?.fencingToken === token
  }
}
