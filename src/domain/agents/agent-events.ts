import type { AgentRecord } from '../model/agent-record.ts'
import type { AgentRecordEvents } from '../model/events/agent-events.ts'
import type { DataOf } from '../model/events.ts'

/** Events that come with a change of an agent's record. */
export type AgentEventName = keyof AgentRecordEvents

/** What an event says besides how the agent stands. */
export type AgentEventExtras = Omit<
  Partial<DataOf<'agent.online'> & DataOf<'agent.quarantined'>>,
  keyof AgentRecordEvents['agent.suspect']
>

/** How the agent stands; where that may have changed also what it can do. */
export function agentEventData(
  type: AgentEventName,
  { status, epoch, spec }: AgentRecord,
  extras: AgentEventExtras,
): DataOf<AgentEventName> {
  const { slots, capabilities, resources, labels } = spec
  const isOfSpec = type === 'agent.registered' || type === 'agent.updated'
  return {
    status,
    epoch,
    slots,
    ...(isOfSpec ? { capabilities, resources, labels } : {}),
    ...extras,
  }
}
