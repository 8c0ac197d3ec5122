import type { ResourceReport } from '#contract/resources.ts'
import type { SwarmView } from '#contract/swarm.ts'
import type { TenantId } from '#domain/model/ids.ts'
import type { SwarmRecord } from '#domain/model/swarm-record.ts'
import type { SwarmStatus } from '#domain/orchestration/swarm-service.ts'
import type { MonitorReport } from '#domain/resources/monitor-report.ts'
import type { WaitSummary } from '#domain/tasks/wait-reason.ts'
import { wireTime } from './wire-time.ts'

export function swarmView(tenantId: TenantId, record: SwarmRecord): SwarmView {
  const { swarmId, description, strategy, topology, leaseMs, limits, fairness, patterns, createdAt } = record
  return {
    swarmId,
    tenantId,
    description,
    strategy,
    topology,
    leaseMs,
    limits,
    ...(fairness === undefined ? {} : { fairness }),
    patterns,
    createdAt: wireTime(createdAt),
  }
}

export function resourceReport(
  report: MonitorReport,
  { coordinatorId, epoch }: SwarmStatus,
  waiting: readonly WaitSummary[],
): ResourceReport {
  // The counts by type are for `/metrics`.
  const { types: _, ...rest } = report
  return { ...rest, at: wireTime(report.at), waiting: [...waiting], coordinatorId, epoch }
}
