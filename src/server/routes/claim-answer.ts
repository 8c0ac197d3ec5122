import type { ServerResponse } from 'node:http'
import type { AgentService } from '#domain/agents/agent-service.ts'
import type { Assignment } from '#domain/model/assignment.ts'
import type { AgentId } from '#domain/model/ids.ts'
import type { Logger } from '#domain/ports/logger.ts'

export interface ClaimAnswerModules {
  readonly reply: ServerResponse
  readonly agents: Pick<AgentService, 'settleClaim'>
  readonly logger: Logger
}

/**
 * The answer to one claim. A claim ends with its connection: the swarm is told when that closes while the claim waits,
 * and whether the answer was written to it as a whole. What was not goes back to the queue.
 */
export class ClaimAnswer {
  readonly agentId: AgentId
  readonly claimId: string
  readonly #modules: ClaimAnswerModules
  #assignments: readonly Assignment[] | undefined
  #isWritten = false

  constructor(
    { agentId, claimId }: { readonly agentId: AgentId; readonly claimId: string },
    modules: ClaimAnswerModules,
  ) {
    this.agentId = agentId
    this.claimId = claimId
    this.#modules = modules
    const { reply } = modules
    const { socket } = reply
    // Node says `finish` also where a connection ended with bytes unwritten. First, before Node lets go of the socket.
    reply.prependOnceListener('finish', () => {
      this.#isWritten = socket?.destroyed === false
    })
    reply.once('close', () => this.#onClose())
  }

  /** @returns false where the answer cannot be written any more; the assignments then go back. */
  carries(assignments: readonly Assignment[]): boolean {
    const { reply } = this.#modules
    if (reply.headersSent || reply.destroyed) {
      this.#settle(false, assignments)
      return false
    }
    this.#assignments = assignments
    return true
  }

  /** After the last byte was handed to the operating system, or when the connection ended before. */
  #onClose(): void {
    if (this.#assignments === undefined) this.#settle(false, [])
    else if (this.#assignments.length > 0) this.#settle(this.#isWritten, this.#assignments)
  }

  #settle(isDelivered: boolean, assignments: readonly Assignment[]): void {
    const { agents, logger } = this.#modules
    const { agentId, claimId } = this
    const held = assignments.map(({ taskId, fencingToken }) => ({ taskId, fencingToken }))
    agents.settleClaim({ agentId, claimId, isDelivered, held }).catch((error: unknown) => {
      // The leases run out by themselves.
      logger.warn({ err: error, agentId }, 'claim not settled')
    })
  }
}
