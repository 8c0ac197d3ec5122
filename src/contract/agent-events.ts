import { Type } from '@sinclair/typebox'
import { AgentStatus, Capability } from './agent.ts'
import { eventData as data } from './event-data.ts'
import { LIMITS } from './limits.ts'
import { Count, Metadata, ResourceAmounts, Text } from './scalars.ts'

const durationMs = (description: string) => Count(`${description}, in milliseconds.`)
const reason = Text('Why, for people.')
const agentState = {
  status: AgentStatus,
  epoch: Count('Of its newest connection or registration.'),
  slots: Count('Tasks it can do at the same time.'),
}

/** What a replay of the log needs to know of an agent. Events that an earlier version wrote do not have it. */
const abilities = {
  capabilities: Type.Optional(
    Type.Array(Capability, {
      maxItems: LIMITS.capabilitiesPerAgentMax,
      description: 'What the agent can do.',
    }),
  ),
  resources: Type.Optional(ResourceAmounts),
  labels: Type.Optional(Metadata),
}

/** Events of agents. */
export const AGENT_EVENTS = {
  'agent.registered': data('AgentRegisteredData', 'An agent joined the swarm, or joined it anew.', {
    ...agentState,
    ...abilities,
  }),
  'agent.updated': data('AgentUpdatedData', 'What the agent can do was changed.', {
    ...agentState,
    ...abilities,
  }),
  'agent.online': data('AgentOnlineData', 'The agent can be given work.', {
    ...agentState,
    nodeId: Type.Optional(
      Type.String({
        maxLength: 63,
        description: 'The server node its channel ends at, where it just opened one.',
      }),
    ),
  }),
  'agent.suspect': data('AgentSuspectData', 'The agent is silent.', agentState),
  'agent.offline': data('AgentOfflineData', 'The agent is gone.', agentState),
  'agent.draining': data('AgentDrainingData', 'The agent finishes what it holds.', agentState),
  'agent.removed': data('AgentRemovedData', 'The agent left the swarm.', {}),
  'agent.breaker_opened': data(
    'AgentBreakerOpenedData',
    'The agent failed too often and gets no work for now.',
    {
      cooldownMs: durationMs('How long'),
    },
  ),
  'agent.breaker_closed': data('AgentBreakerClosedData', 'The agent gets work again.', {}),

  'agent.quarantined': data(
    'AgentQuarantinedData',
    'The agent contradicted itself under its own signature: no work, no vote.',
    { ...agentState, reason },
  ),
  'agent.released': data('AgentReleasedData', 'The agent is trusted again.', agentState),
} as const
