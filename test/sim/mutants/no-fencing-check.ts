import type { SwarmService, TaskReport } from '#domain/orchestration/swarm-service.ts'
import { SCOPE } from '../simulator/address.ts'
import { HONEST, type Variant } from '../simulator/variant.ts'

/** Takes whatever an agent says of a task as if it came from whoever holds the task now. */
export const NO_FENCING_CHECK: Variant = {
  ...HONEST,
  service: (service, store) => {
    const asHolder = async <T extends TaskReport>(report: T): Promise<T> => {
      const lease = (await store.get(SCOPE, { kind: 'task', id: report.taskId }))?.value.lease
      if (lease === undefined) return report
      const { sessionId: _, ...rest } = report
      return { ...rest, agentId: lease.agentId, fencingToken: lease.fencingToken } as unknown as T
    }
    const mutant: SwarmService = {
      ...service,
      complete: async (report) => service.complete(await asHolder(report)),
    }
    return mutant
  },
}
