import type { Assignment } from '#domain/model/assignment.ts'
import { isSwarmError } from '#domain/model/errors.ts'
import type { AgentId } from '#domain/model/ids.ts'
import type { SimNode } from './sim-node.ts'
import type { World } from './world.ts'

/** So often a server notices that an answer was lost; else only the lease tells. */
const NOTICED_RATIO = 0.5

/** The server's side of one claim: it tells the swarm what became of the answer, as far as it knows. */
export class SimClaim {
  readonly id: string
  readonly #world: World
  readonly #node: SimNode
  readonly #agentId: AgentId
  #isAnswered = false

  constructor(world: World, node: SimNode, { agentId }: { readonly agentId: AgentId }) {
    this.#world = world
    this.#node = node
    this.#agentId = agentId
    this.id = node.ids.next()
  }

  /** The connection closed. */
  closed(): void {
    if (!this.#isAnswered) this.#settle(false, [])
  }

  /** The answer arrived at the agent's machine, or was lost. */
  answered(value: unknown, isDelivered: boolean): void {
    this.#isAnswered = true
    const assignments = (value ?? []) as readonly Assignment[]
    if (assignments.length === 0) return
    const { auditor } = this.#world
    if (isDelivered)
      for (const { taskId, fencingToken } of assignments) auditor.received(taskId, fencingToken)
    if (isDelivered || this.#world.happens(NOTICED_RATIO)) this.#settle(isDelivered, assignments)
  }

  #settle(isDelivered: boolean, assignments: readonly Assignment[]): void {
    const held = assignments.map(({ taskId, fencingToken }) => ({ taskId, fencingToken }))
    const receipt = { agentId: this.#agentId, claimId: this.id, isDelivered, held }
    const node = this.#node
    node.process.run(() => {
      if (!node.isReady) return
      node.server.call('agents.settleClaim', receipt).catch((error: unknown) => {
        if (!isSwarmError(error)) this.#world.auditor.report(error)
      })
    })
  }
}
