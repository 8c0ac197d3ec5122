import type { FastifyInstance } from 'fastify'
import type { AgentHeartbeatReply } from '#contract/agent.ts'
import { LIMITS } from '#contract/limits.ts'
import { AGENT_OPERATIONS } from '#contract/operations/agent-operations.ts'
import type { Assignment } from '#domain/model/assignment.ts'
import { agentId, swarmId } from '#domain/model/ids.ts'
import type { Logger } from '#domain/ports/logger.ts'
import type { Ids } from '#domain/ports/random.ts'
import { callerOf } from '../auth/auth-hooks.ts'
import { type OpenAccess, whileAllowed } from '../auth/open-access.ts'
import { tokenHashOf } from '../auth/token-hash-of.ts'
import { heldTasks } from '../channel/agent-calls.ts'
import type { OpenSockets } from '../sockets/open-sockets.ts'
import type { Swarms } from '../swarms.ts'
import { claimReplyText } from '../views/assignment-view.ts'
import { ClaimAnswer } from './claim-answer.ts'
import { routeOperation, sendJsonText } from './route-operation.ts'

/** Past the longest wait a claim may ask for. */
const ANSWER_MARGIN_MS = 10_000

export interface ClaimRoutesModules {
  readonly swarms: Swarms
  readonly sockets: OpenSockets
  readonly openAccess: OpenAccess
  readonly ids: Ids
  readonly logger: Logger
}

/** How agents that speak HTTP only get their work, and keep it. */
export function claimRoutes(
  app: FastifyInstance,
  { swarms, sockets, openAccess, ids, logger }: ClaimRoutesModules,
): void {
  const { claimTasks, heartbeatAgent } = AGENT_OPERATIONS
  const answerWithinMs = LIMITS.claimWaitMsMax + ANSWER_MARGIN_MS

  routeOperation(
    app,
    claimTasks,
    async (request, reply) => {
      sockets.refuseWhileDraining()
      const caller = callerOf(request)
      const { service } = await swarms.open(caller.tenant, swarmId(request.params.swarmId))
      // A connection that waits for work is quiet, and not to be ended for it.
      request.raw.socket.setTimeout(request.body.waitMs + ANSWER_MARGIN_MS)
      const agent = agentId(request.params.agentId)
      const answer = new ClaimAnswer(
        { agentId: agent, claimId: ids.next() },
        { reply: reply.raw, agents: service.agents, logger },
      )
      const { claimId } = answer
      const claim = service.agents.claim({ agentId: agent, claimId, ...tokenHashOf(caller), ...request.body })
      const opened = { caller, access: 'agent', target: request.params } as const
      const dispose = (late: readonly Assignment[]): boolean => answer.carries(late)
      const assignments = await whileAllowed(claim, opened, { openAccess, dispose })
      const text = claimReplyText(assignments)
      return answer.carries(assignments) ? sendJsonText(reply, text) : reply.hijack()
    },
    { answerWithinMs },
  )

  routeOperation(app, heartbeatAgent, async (request): Promise<AgentHeartbeatReply> => {
    const { service } = await swarms.open(callerOf(request).tenant, swarmId(request.params.swarmId))
    const held = heldTasks(request.body.held)
    const reply = await service.agents.heartbeat({ agentId: agentId(request.params.agentId), held })
    return { ...reply, kept: [...reply.kept], lost: [...reply.lost] }
  })
}
