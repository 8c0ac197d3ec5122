import { TASK_RECORDS } from '#domain/model/task-kinds.ts'
import { overlaid } from '#domain/orchestration/swarm-calls.ts'
import type { TaskReport } from '#domain/tasks/task-service.ts'
import { SCOPE } from '#simulation/address.ts'
import { HONEST, type Variant } from '#simulation/variant.ts'

/** Takes whatever an agent says of a task as if it came from whoever holds the task now. */
export const NO_FENCING_CHECK: Variant = {
  ...HONEST,
  service: (service, store) => {
    const asHolder = async <T extends TaskReport>(report: T): Promise<T> => {
      const lease = (await store.get(SCOPE, { kind: TASK_RECORDS, id: report.taskId }))?.value.lease
      if (lease === undefined) return report
      const { sessionId: _, ...rest } = report
      return { ...rest, agentId: lease.agentId, fencingToken: lease.fencingToken } as unknown as T
    }
    const tasks = overlaid(service.tasks, {
      complete: async (report) => service.tasks.complete(await asHolder(report)),
    })
    return overlaid(service, { tasks })
  },
}
