import type { FastifyInstance } from 'fastify'
import { TASK_OPERATIONS } from '#contract/operations/task-operations.ts'
import type { TaskPage } from '#contract/task.ts'
import { agentId, swarmId, taskId } from '#domain/model/ids.ts'
import type { TaskFilter } from '#domain/orchestration/swarm-reader.ts'
import { callerOf } from '../auth/auth-hooks.ts'
import { pageEnd } from '../paging/page-end.ts'
import type { PageTokens } from '../paging/page-tokens.ts'
import type { Swarms } from '../swarms.ts'
import { decisionView } from '../views/decision-view.ts'
import { placementView } from '../views/placement-view.ts'
import { taskDetailText, taskView } from '../views/task-view.ts'
import { pageRequest } from './cancellation.ts'
import { routeOperation, sendJsonText } from './route-operation.ts'

export interface TaskRoutesModules {
  readonly swarms: Swarms
  readonly pageTokens: PageTokens
}

export function taskRoutes(app: FastifyInstance, { swarms, pageTokens }: TaskRoutesModules): void {
  const { listTasks, getTask, getTaskDecision, getTaskPlacement, cancelTask } = TASK_OPERATIONS

  routeOperation(app, listTasks, async (request, reply): Promise<TaskPage> => {
    const { tenant } = callerOf(request)
    const { pageSize, pageToken, ...query } = request.query
    const { reader } = await swarms.open(tenant, swarmId(request.params.swarmId))
    const { status, phase, type, agentId: agent, parentTaskId } = query
    const list = ['tasks', tenant, request.params.swarmId, status, phase, type, agent, parentTaskId]
    const page = await reader.tasks(
      taskFilter(query),
      pageRequest(reply, pageSize, pageTokens.redeem(pageToken, list)),
    )
    const tasks = page.items.map(taskView)
    return { tasks, ...pageEnd(page, list, pageTokens) }
  })

  routeOperation(app, getTask, async (request, reply) => {
    const { reader } = await swarms.open(callerOf(request).tenant, swarmId(request.params.swarmId))
    const id = taskId(request.params.taskId)
    const record = await reader.task(id)
    const [payload, result] = await Promise.all([
      reader.payload(id),
      record.hasResult ? reader.result(id) : undefined,
    ])
    return sendJsonText(reply, taskDetailText(record, payload, result))
  })

  routeOperation(app, getTaskDecision, async (request) => {
    const { reader } = await swarms.open(callerOf(request).tenant, swarmId(request.params.swarmId))
    const { taskId: id } = await reader.task(taskId(request.params.taskId))
    return decisionView(await reader.decision(id))
  })

  routeOperation(app, getTaskPlacement, async (request) => {
    const { reader, service } = await swarms.open(callerOf(request).tenant, swarmId(request.params.swarmId))
    const id = taskId(request.params.taskId)
    const record = await reader.task(id)
    const [waiting, decision] = await Promise.all([
      service.tasks.explain({ taskId: id }),
      record.assignmentCount === 0 ? undefined : reader.decision(id),
    ])
    return placementView(record, waiting, decision)
  })

  routeOperation(app, cancelTask, async (request) => {
    const { service } = await swarms.open(callerOf(request).tenant, swarmId(request.params.swarmId))
    const { reason } = request.body
    return taskView(await service.tasks.cancel({ taskId: taskId(request.params.taskId), reason }))
  })
}

function taskFilter({
  agentId: agent,
  parentTaskId: parent,
  ...rest
}: Omit<TaskFilter, 'agentId' | 'parentTaskId'> & { agentId?: string; parentTaskId?: string }): TaskFilter {
  return {
    ...rest,
    ...(agent === undefined ? {} : { agentId: agentId(agent) }),
    ...(parent === undefined ? {} : { parentTaskId: taskId(parent) }),
  }
}
