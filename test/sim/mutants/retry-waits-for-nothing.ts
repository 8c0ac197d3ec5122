import { SCOPE } from '../simulator/address.ts'
import { HONEST, type Variant } from '../simulator/variant.ts'

/** Does a task again without what it waited for. */
export const RETRY_WAITS_FOR_NOTHING: Variant = {
  ...HONEST,
  service: (service, store) => ({
    ...service,
    retry: async (request) => {
      const { taskId: retryOf, newTaskId: taskId } = request
      const finished = await store.get(SCOPE, { kind: 'task', id: retryOf })
      const payload = await store.get(SCOPE, { kind: 'payload', id: retryOf })
      if (finished?.value.finishedAt === undefined || payload === undefined) return service.retry(request)
      const { deadlineAt: _, parentTaskId: __, inputFrom: ___, ...spec } = finished.value.spec
      const task = { taskId, spec: { ...spec, dependsOn: [] }, payload: payload.value, retryOf }
      const { tasks } = await service.submit({ tasks: [task] })
      return tasks[0] ?? finished.value
    },
  }),
}
