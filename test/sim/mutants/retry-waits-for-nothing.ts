import { PAYLOAD_RECORDS, TASK_RECORDS } from '#domain/model/task-kinds.ts'
import { overlaid } from '#domain/orchestration/swarm-calls.ts'
import { SCOPE } from '#simulation/address.ts'
import { HONEST, type Variant } from '#simulation/variant.ts'

/** Does a task again without what it waited for. */
export const RETRY_WAITS_FOR_NOTHING: Variant = {
  ...HONEST,
  service: (service, store) => {
    const tasks = overlaid(service.tasks, {
      retry: async (request) => {
        const { taskId: retryOf, newTaskId: taskId } = request
        const finished = await store.get(SCOPE, { kind: TASK_RECORDS, id: retryOf })
        const payload = await store.get(SCOPE, { kind: PAYLOAD_RECORDS, id: retryOf })
        if (finished?.value.finishedAt === undefined || payload === undefined)
          return service.tasks.retry(request)
        const { deadlineAt: _, parentTaskId: __, inputFrom: ___, ...spec } = finished.value.spec
        const task = { taskId, spec: { ...spec, dependsOn: [] }, payload: payload.value, retryOf }
        const { tasks: submitted } = await service.tasks.submit({ tasks: [task] })
        return submitted[0] ?? finished.value
      },
    })
    return overlaid(service, { tasks })
  },
}
