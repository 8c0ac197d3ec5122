import type { AgentState } from '../agents/agent-state.ts'
import type { RemovedAgentRecord } from '../model/agent-record.ts'
import type { MonotonicMs } from '../model/ids.ts'
import type { Requirement } from '../resources/requirement.ts'
import { coveredBy } from '../resources/room.ts'
import { NAMED_MAX, type WaitCode, type WaitReason } from './wait-reason.ts'

/** One reason for each way in which capable agents cannot take the task; empty where one of them could. */
export function agentReasons(
  requirement: Requirement,
  agents: readonly AgentState[],
  removed: readonly RemovedAgentRecord[],
  now: MonotonicMs,
): readonly WaitReason[] {
  const skilled = agents.filter((agent) => hasAll(agent, requirement.capabilities))
  if (skilled.length === 0) return [nobodyCan(requirement.capabilities, agents, removed)]
  const capable = skilled.filter((agent) => agent.isCapableOf(requirement))
  if (capable.length === 0) return [nobodyIsLargeEnough(requirement, skilled)]
  const byCode = new Map<AgentsCode | undefined, AgentState[]>()
  for (const agent of capable) {
    const code = codeOf(agent, requirement, now)
    byCode.set(code, [...(byCode.get(code) ?? []), agent])
  }
  if (byCode.has(undefined)) return []
  return [...byCode].map(([code, found]) => reasonOf(code as AgentsCode, found))
}

type AgentsCode = Extract<WaitCode, `agents_${string}`>

const SENTENCES: Record<AgentsCode, readonly [what: string, changedBy: WaitReason['changedBy']]> = {
  agents_busy: ['busy', 'agents'],
  agents_draining: ['draining', 'operator'],
  agents_quarantined: ['in quarantine', 'operator'],
  agents_circuit_open: ['kept from work, since too much of it failed', 'time'],
  agents_offline: ['offline', 'agents'],
  agents_not_asking: ['online, and ask for no work at the moment', 'agents'],
}

/** The order of `AgentState.freeSlots`. Undefined for an agent that could take the task. */
function codeOf(agent: AgentState, { resources }: Requirement, now: MonotonicMs): AgentsCode | undefined {
  const { status, quarantine, spec } = agent.record
  if (quarantine !== undefined) return 'agents_quarantined'
  if (status === 'draining' || agent.hasStopped) return 'agents_draining'
  if (status !== 'online') return 'agents_offline'
  if (!agent.breaker.allows(now)) return 'agents_circuit_open'
  if (agent.heldCount >= spec.slots || !coveredBy(agent.freeResources(), resources)) return 'agents_busy'
  if (agent.freeSlots(now) === 0)
    return agent.session === undefined ? 'agents_not_asking' : 'agents_circuit_open'
  return undefined
}

function reasonOf(code: AgentsCode, agents: readonly AgentState[]): WaitReason {
  const [what, changedBy] = SENTENCES[code]
  const agentIds = agents.slice(0, NAMED_MAX).map(({ agentId }) => agentId)
  const count = agents.length
  const message = `${count} capable ${count === 1 ? 'agent is' : 'agents are'} ${what}: ${agentIds.join(', ')}`
  return { code, changedBy, message, agentIds, agentCount: count }
}

function nobodyCan(
  capabilities: readonly string[],
  agents: readonly AgentState[],
  removed: readonly RemovedAgentRecord[],
): WaitReason {
  const missing = capabilities.filter((name) => !agents.some((agent) => hasAll(agent, [name])))
  const base = { code: 'no_capable_agent', changedBy: 'operator' } as const
  if (capabilities.length === 0) return { ...base, message: 'the swarm has no agent' }
  if (missing.length === 0)
    return { ...base, message: `no agent has all of ${capabilities.join(', ')} together` }
  const last = removed
    .filter((agent) => missing.every((name) => agent.capabilities?.includes(name)))
    .toSorted((a, b) => b.removedAt - a.removedAt)
    .at(0)
  const message = `no agent has ${missing.join(', ')}`
  if (last === undefined) return { ...base, message }
  return {
    ...base,
    message: `${message}; ${last.agentId} was the last that had it, and was removed`,
    agentIds: [last.agentId],
    since: last.removedAt,
  }
}

function nobodyIsLargeEnough({ resources }: Requirement, skilled: readonly AgentState[]): WaitReason {
  const wanted = Object.entries(resources).map(([name, amount]) => `${amount} ${name}`)
  const message = `none of ${skilled.length} agents with the capabilities has ${wanted.join(' and ')}`
  return { code: 'no_agent_large_enough', changedBy: 'operator', message, agentCount: skilled.length }
}

function hasAll({ record }: AgentState, capabilities: readonly string[]): boolean {
  return capabilities.every((name) => record.spec.capabilities.some((capability) => capability.name === name))
}
