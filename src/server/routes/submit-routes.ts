import type { FastifyInstance, FastifyRequest } from 'fastify'
import { TASK_OPERATIONS } from '#contract/operations/task-operations.ts'
import type { TaskAccepted, TaskBatchAccepted } from '#contract/task.ts'
import { swarmId, taskId } from '#domain/model/ids.ts'
import type { TaskRecord } from '#domain/model/task-record.ts'
import type { Ids } from '#domain/ports/random.ts'
import type { SwarmStore } from '#domain/ports/swarm-store.ts'
import type { NewTask, SubmitReply } from '#domain/tasks/task-service.ts'
import { callerOf } from '../auth/auth-hooks.ts'
import { bodyFingerprint } from '../input/json-body.ts'
import type { ServerOptions } from '../server-options.ts'
import type { OpenSockets } from '../sockets/open-sockets.ts'
import type { Swarms } from '../swarms.ts'
import { taskView } from '../views/task-view.ts'
import { newPipeline, newTask, refuseTooManyRelatives } from './new-task.ts'
import { routeOperation } from './route-operation.ts'

export interface SubmitRoutesModules {
  readonly swarms: Swarms
  readonly store: Pick<SwarmStore, 'status'>
  readonly sockets: OpenSockets
  readonly ids: Ids
}

export function submitRoutes(
  app: FastifyInstance,
  defaults: Pick<ServerOptions, 'maxAttempts'>,
  { swarms, store, sockets, ids }: SubmitRoutesModules,
): void {
  const { submitTask, submitTaskBatch, submitPipeline, retryTask } = TASK_OPERATIONS

  async function submit(
    request: FastifyRequest,
    id: string,
    tasks: readonly NewTask[],
  ): Promise<SubmitReply> {
    sockets.refuseWhileDraining()
    const { service } = await swarms.open(callerOf(request).tenant, swarmId(id))
    const key = request.headers['idempotency-key']
    return service.tasks.submit({
      tasks,
      ...(typeof key === 'string' ? { idempotency: { key, fingerprint: bodyFingerprint(request) } } : {}),
    })
  }

  function accepted(record: TaskRecord): TaskAccepted {
    return { ...taskView(record), durability: store.status().durability }
  }

  routeOperation(app, submitTask, async (request, reply) => {
    const { swarmId: id } = request.params
    const { tasks, isReplay } = await submit(request, id, [newTask(request.body, '', defaults, ids)])
    const record = only(tasks)
    reply.code(201).header('location', taskAddress(id, record)).headers(replayed(isReplay))
    return accepted(record)
  })

  routeOperation(app, submitTaskBatch, async (request, reply): Promise<TaskBatchAccepted> => {
    const wanted = request.body.tasks.map((task, index) => newTask(task, `/tasks/${index}`, defaults, ids))
    refuseTooManyRelatives(wanted)
    const { tasks, isReplay } = await submit(request, request.params.swarmId, wanted)
    reply.code(201).headers(replayed(isReplay))
    return { tasks: tasks.map(taskView), durability: store.status().durability }
  })

  routeOperation(app, submitPipeline, async (request, reply): Promise<TaskBatchAccepted> => {
    const stages = newPipeline(request.body, defaults, ids)
    const { tasks, isReplay } = await submit(request, request.params.swarmId, stages)
    reply.code(201).headers(replayed(isReplay))
    return { tasks: tasks.map(taskView), durability: store.status().durability }
  })

  routeOperation(app, retryTask, async (request, reply) => {
    sockets.refuseWhileDraining()
    const { swarmId: id } = request.params
    const { service } = await swarms.open(callerOf(request).tenant, swarmId(id))
    const finished = taskId(request.params.taskId)
    const record = await service.tasks.retry({
      taskId: finished,
      newTaskId: taskId(ids.next()),
      includeDependents: request.body.includeDependents,
    })
    reply.code(201).header('location', taskAddress(id, record))
    return accepted(record)
  })
}

function replayed(isReplay: boolean): Record<string, string> {
  return isReplay ? { 'idempotency-replayed': 'true' } : {}
}

function taskAddress(swarm: string, { taskId }: TaskRecord): string {
  return `/v1/swarms/${swarm}/tasks/${taskId}`
}

function only(tasks: readonly TaskRecord[]): TaskRecord {
  const [task] = tasks
  if (task === undefined) throw new Error('a submit answers with its tasks')
  return task
}
