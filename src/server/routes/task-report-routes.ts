import type { FastifyInstance, FastifyRequest } from 'fastify'
import { TASK_OPERATIONS } from '#contract/operations/task-operations.ts'
import { agentId, type FencingToken, swarmId, taskId } from '#domain/model/ids.ts'
import type { SwarmService } from '#domain/orchestration/swarm-service.ts'
import type { TaskReport } from '#domain/tasks/task-service.ts'
import { callerOf } from '../auth/auth-hooks.ts'
import { authorize } from '../auth/authorize.ts'
import { opaqueText } from '../input/opaque-json.ts'
import type { Swarms } from '../swarms.ts'
import { taskView } from '../views/task-view.ts'
import { routeOperation } from './route-operation.ts'

interface ReportRequest extends FastifyRequest {
  readonly params: { readonly swarmId: string; readonly taskId: string }
  readonly body: { readonly agentId: string; readonly fencingToken: number }
}

/** What agents that speak HTTP only say about the tasks they hold. */
export function taskReportRoutes(app: FastifyInstance, { swarms }: { readonly swarms: Swarms }): void {
  const { reportProgress, completeTask, failTask, releaseTask } = TASK_OPERATIONS

  async function open(request: ReportRequest): Promise<{ service: SwarmService; report: TaskReport }> {
    const caller = callerOf(request)
    // The address does not say which agent reports: an agent's own token is good for itself alone.
    authorize(caller, 'agent', { swarmId: request.params.swarmId, agentId: request.body.agentId })
    const { service } = await swarms.open(caller.tenant, swarmId(request.params.swarmId))
    const report = {
      agentId: agentId(request.body.agentId),
      taskId: taskId(request.params.taskId),
      fencingToken: request.body.fencingToken as FencingToken,
    }
    return { service, report }
  }

  routeOperation(app, reportProgress, async (request, reply) => {
    const { service, report } = await open(request)
    const { agentId: _, fencingToken: __, waitsFor, ...progress } = request.body
    const waits = waitsFor === undefined ? {} : { waitsFor: waitsFor.map(agentId) }
    await service.tasks.progress({ ...report, ...progress, ...waits })
    return reply.code(204).send()
  })

  routeOperation(app, completeTask, async (request) => {
    const { service, report } = await open(request)
    const { usage } = request.body
    const result = opaqueText(request.body.result, 'result')
    return taskView(await service.tasks.complete({ ...report, ...(usage && { usage }), result }))
  })

  routeOperation(app, failTask, async (request) => {
    const { service, report } = await open(request)
    const { failure, kind, usage } = request.body
    return taskView(await service.tasks.fail({ ...report, ...(usage && { usage }), failure, kind }))
  })

  routeOperation(app, releaseTask, async (request) => {
    const { service, report } = await open(request)
    return taskView(await service.tasks.release({ ...report, reason: request.body.reason }))
  })
}
