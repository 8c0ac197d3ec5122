import { type Static, Type } from '@sinclair/typebox'
import { Custody, PublicKey, Signature } from './consensus/signed.ts'
import { LIMITS } from './limits.ts'
import {
  AgentId,
  Count,
  HeldTasks,
  LeaseMs,
  Metadata,
  Name,
  NEXT_PAGE,
  Ratio,
  ResourceAmounts,
  TaskId,
  Text,
  Timestamp,
} from './scalars.ts'
import { annotate, closedObject, textEnum } from './schema.ts'

export const AgentStatus = textEnum(['online', 'suspect', 'offline', 'draining'], {
  description:
    '`online`: can be given work. `suspect`: silent for now. `offline`: gone. `draining`: finishes what it holds and gets nothing new.',
})
export type AgentStatus = Static<typeof AgentStatus>

export const AgentTransport = textEnum(['channel', 'http'], {
  description: 'How the agent gets its work: pushed over its WebSocket, or pulled by claims.',
})

export const Capability = closedObject(
  {
    name: Name,
    proficiency: annotate(Ratio('How well the agent does it, 0 to 1.'), { default: 1 }),
    cost: Type.Number({
      minimum: 0,
      maximum: 1e9,
      default: 0,
      description: "Of one task, in the swarm's own unit.",
    }),
  },
  { title: 'Capability', description: 'Something an agent can do.' },
)

const spec = {
  name: Text('What people call it.', LIMITS.nameLengthMax),
  capabilities: Type.Array(Capability, {
    maxItems: LIMITS.capabilitiesPerAgentMax,
    description: 'What it can do; the name of each once.',
  }),
  slots: Type.Integer({
    minimum: 1,
    maximum: LIMITS.slotsMax,
    description: 'Tasks it can do at the same time.',
  }),
  resources: ResourceAmounts,
  labels: annotate(Metadata, {
    maxProperties: LIMITS.labelsMax,
    description: 'Names and values to find it by.',
  }),
}

export const AgentRegister = closedObject(
  {
    agentId: Type.Optional(AgentId),
    ...spec,
    name: annotate(spec.name, { default: '' }),
    capabilities: annotate(spec.capabilities, { default: [] }),
    slots: annotate(spec.slots, { default: 1 }),
    resources: annotate(spec.resources, { default: {} }),
    labels: annotate(spec.labels, { default: {} }),
    voterKey: Type.Optional(
      closedObject(
        { publicKey: PublicKey, proof: Signature },
        {
          title: 'VoterKeyClaim',
          description:
            'A key the agent votes with, and its signature over the possession bytes of docs/decision-certificate.md §8. Where left out, the server holds a key for the agent.',
        },
      ),
    ),
    replace: Type.Boolean({
      default: true,
      description: 'Whether an agent of the same id is replaced; otherwise the answer is `agent_exists`.',
    }),
    isReturning: Type.Boolean({
      default: false,
      description:
        'For agents that register themselves again because the server does not know their token. Where an agent of the id was removed, the answer is then `agent_removed`.',
    }),
  },
  { title: 'AgentRegister', description: 'An agent that joins the swarm.' },
)
export type AgentRegister = Static<typeof AgentRegister>
export const AgentPatch = closedObject(
  {
    name: Type.Optional(spec.name),
    capabilities: Type.Optional(spec.capabilities),
    slots: Type.Optional(spec.slots),
    resources: Type.Optional(spec.resources),
    labels: Type.Optional(spec.labels),
    isDraining: Type.Optional(
      Type.Boolean({
        description:
          'True: nothing new; false: work again, which an agent may say only after a drain of its own wish.',
      }),
    ),
    isQuarantined: Type.Optional(
      Type.Literal(false, {
        description: 'Trust the agent again, whatever was shown against it. Operators only.',
      }),
    ),
  },
  {
    title: 'AgentPatch',
    minProperties: 1,
    description: 'What changes; a field replaces all of what it names.',
  },
)
export type AgentPatch = Static<typeof AgentPatch>

const view = {
  agentId: AgentId,
  ...spec,
  status: AgentStatus,
  transport: Type.Optional(AgentTransport),
  epoch: Count('Raised at every connect and every registration; the newest connection wins.'),
  isDraining: Type.Boolean({ description: 'Whether it was told to finish.' }),
  custody: Custody,
  publicKey: Type.Optional(
    annotate(PublicKey, { description: 'Of the key it votes with, where it holds that itself.' }),
  ),
  quarantine: Type.Optional(
    Text('Why the agent gets no work and no vote: it contradicted itself under its own signature.'),
  ),
  registeredAt: Timestamp,
  lastChangeAt: Timestamp,
}

export const AgentView = closedObject(view, { title: 'Agent', description: 'An agent as it stands.' })
export type AgentView = Static<typeof AgentView>

export const AgentRegistered = closedObject(
  {
    ...view,
    token: Type.String({
      maxLength: LIMITS.agentTokenLengthMax,
      pattern: '^[A-Za-z0-9._-]+$',
      description: "The agent's credential, shown only here; an earlier one is void.",
    }),
  },
  { title: 'AgentRegistered', description: 'The registered agent and its credential.' },
)
export type AgentRegistered = Static<typeof AgentRegistered>

export const AgentPage = closedObject(
  {
    agents: Type.Array(AgentView, {
      maxItems: LIMITS.pageSizeMax,
      description: 'In the order of their ids.',
    }),
    ...NEXT_PAGE,
  },
  { title: 'AgentPage', description: 'A page of agents. It may be short and yet not be the last.' },
)
export type AgentPage = Static<typeof AgentPage>

export const AgentFilterQuery = {
  status: Type.Optional(AgentStatus),
  capability: Type.Optional(annotate(Name, { description: 'Only agents that can do this.' })),
  label: Type.Optional(
    Type.String({
      maxLength: LIMITS.nameLengthMax + 1 + LIMITS.textLengthMax,
      pattern: '^[A-Za-z0-9][A-Za-z0-9._:/-]{0,127}=',
      description: 'Only agents with this label, as `name=value`.',
    }),
  ),
}

export const AgentHeartbeat = closedObject(
  { held: HeldTasks },
  { title: 'AgentHeartbeat', description: 'The agent is alive and works on these.' },
)
export type AgentHeartbeat = Static<typeof AgentHeartbeat>

export const AgentHeartbeatReply = closedObject(
  {
    kept: Type.Array(TaskId, { maxItems: LIMITS.heldTasksMax, description: 'Leases that were renewed.' }),
    lost: Type.Array(TaskId, {
      maxItems: LIMITS.heldTasksMax,
      description: "No longer the agent's; it should stop working on them.",
    }),
    leaseMs: LeaseMs,
    transport: AgentTransport,
  },
  { title: 'AgentHeartbeatReply', description: 'What the agent still holds.' },
)
export type AgentHeartbeatReply = Static<typeof AgentHeartbeatReply>
