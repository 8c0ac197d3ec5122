import type { AgentView } from '#contract/agent.ts'
import type { AgentRecord } from '#domain/model/agent-record.ts'
import { wireTime } from './wire-time.ts'

export function agentView(record: AgentRecord): AgentView {
  const { agentId, spec, status, transport, epoch, isDraining, voterKey, quarantine, ...times } = record
  return {
    agentId,
    name: spec.name,
    capabilities: [...spec.capabilities],
    slots: spec.slots,
    resources: spec.resources,
    labels: spec.labels,
    status,
    ...(transport === undefined ? {} : { transport }),
    epoch,
    isDraining,
    custody: voterKey === undefined ? 'hub' : 'self',
    ...(voterKey === undefined ? {} : { publicKey: voterKey }),
    ...(quarantine === undefined ? {} : { quarantine }),
    registeredAt: wireTime(times.registeredAt),
    lastChangeAt: wireTime(times.lastChangeAt),
  }
}
