import { type Custody, VOTERS_MAX } from '../../consensus/electorate.ts'
import type { AgentRecord } from '../../model/agent-record.ts'
import { SwarmError } from '../../model/errors.ts'
import type { AgentId } from '../../model/ids.ts'

/** Who is to vote. All but the named ones are those that are here now. */
export type ElectorateChoice =
  | { readonly kind: 'all' }
  | { readonly kind: 'capability'; readonly capability: string }
  | { readonly kind: 'agents'; readonly agentIds: readonly AgentId[] }

/** Whether the agent is there to vote, and has not been caught at voting twice. */
export function mayVote({ status, isLeaving, quarantine }: AgentRecord): boolean {
  return status !== 'offline' && !isLeaving && quarantine === undefined
}

export function custodyOf({ voterKey }: AgentRecord): Custody {
  return voterKey === undefined ? 'hub' : 'self'
}

/** @throws SwarmError `agent_not_found`, `electorate_unsound`, `limit_exceeded` */
export function chooseVoters(
  choice: ElectorateChoice,
  agents: ReadonlyMap<AgentId, AgentRecord>,
): readonly AgentRecord[] {
  const chosen = choice.kind === 'agents' ? named(choice.agentIds, agents) : present(choice, agents)
  if (chosen.length === 0) throw new SwarmError('electorate_unsound', { reason: 'no agent may vote' })
  if (chosen.length > VOTERS_MAX) {
    throw new SwarmError('limit_exceeded', {
      limitName: 'votersMax',
      limit: VOTERS_MAX,
      actual: chosen.length,
    })
  }
  return chosen
}

function present(
  choice: Exclude<ElectorateChoice, { kind: 'agents' }>,
  agents: ReadonlyMap<AgentId, AgentRecord>,
): readonly AgentRecord[] {
  return [...agents.values()].filter((agent) => {
    const isCapable =
      choice.kind === 'all' || agent.spec.capabilities.some(({ name }) => name === choice.capability)
    return isCapable && mayVote(agent)
  })
}

function named(
  agentIds: readonly AgentId[],
  agents: ReadonlyMap<AgentId, AgentRecord>,
): readonly AgentRecord[] {
  return agentIds.map((agentId) => {
    const agent = agents.get(agentId)
    if (agent === undefined) throw new SwarmError('agent_not_found', { agentId })
    if (agent.quarantine !== undefined)
      throw new SwarmError('electorate_unsound', { reason: `${agentId} is quarantined` })
    return agent
  })
}
