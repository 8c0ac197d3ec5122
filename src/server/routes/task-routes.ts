import type { FastifyInstance } from 'fastify'
import type { QueryOf } from '#contract/operations/operation.ts'
import { TASK_OPERATIONS } from '#contract/operations/task-operations.ts'
import type { TaskPage } from '#contract/task.ts'
import { agentId, swarmId, taskId } from '#domain/model/ids.ts'
import type { TaskFilter } from '#domain/tasks/task-filter.ts'
import { callerOf } from '../auth/auth-hooks.ts'
import { pageEnd } from '../paging/page-end.ts'
import type { PageTokens } from '../paging/page-tokens.ts'
import type { Swarms } from '../swarms.ts'
import { decisionView } from '../views/decision-view.ts'
import { placementView } from '../views/placement-view.ts'
import { taskDetailText, taskView } from '../views/task-view.ts'
import { pageRequest } from './cancellation.ts'
import { timeIn } from './new-task.ts'
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
    const list = [
      'tasks',
      tenant,
      request.params.swarmId,
      JSON.stringify(query, Object.keys(query).toSorted()),
    ]
    const page = await reader.tasks(
      taskFilter(query),
      pageRequest(reply, pageSize, pageTokens.redeem(pageToken, list)),
      query.sort,
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

type TaskQuery = QueryOf<typeof TASK_OPERATIONS.listTasks>

const TIMES = [
  'createdAfter',
  'createdBefore',
  'finishedAfter',
  'finishedBefore',
  'inPhaseSince',
  'noProgressSince',
] as const

function taskFilter(query: Omit<TaskQuery, 'pageSize' | 'pageToken'>): TaskFilter {
  const { agentId: agent, parentTaskId: parent, sort: _, ...rest } = query
  const {
    createdAfter,
    createdBefore,
    finishedAfter,
    finishedBefore,
    inPhaseSince,
    noProgressSince,
    ...plain
  } = rest
  const times = { createdAfter, createdBefore, finishedAfter, finishedBefore, inPhaseSince, noProgressSince }
  const read = TIMES.flatMap((name) => {
    const text = times[name]
    return text === undefined ? [] : [[name, timeIn(text, `/${name}`, 'query')] as const]
  })
  return {
    ...plain,
    ...(agent === undefined ? {} : { agentId: agentId(agent) }),
    ...(parent === undefined ? {} : { parentTaskId: taskId(parent) }),
    ...Object.fromEntries(read),
  }
}
