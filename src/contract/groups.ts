import { type Static, Type } from '@sinclair/typebox'
import { LIMITS } from './limits.ts'
import { AgentId, Count, Name, NEXT_PAGE, Ratio, Timestamp } from './scalars.ts'
import { closedObject, textEnum } from './schema.ts'

export const GroupName = Type.String({
  pattern: '^[a-z0-9][a-z0-9-]{0,62}$',
  maxLength: LIMITS.idLengthMax,
  description: 'Names the group within its swarm; given by the server.',
  examples: ['group-1'],
})

const members = Type.Array(AgentId, { maxItems: LIMITS.pathLengthMax, description: 'Agents.' })

const GroupKind = closedObject(
  {
    taskType: Name,
    preparedCount: Count('Members that are prepared for such tasks.'),
    attempts: Type.Number({
      minimum: 0,
      description: 'Attempts of the members that still count; older ones fade.',
    }),
    successRate: Ratio('Share of the attempts that succeeded.'),
  },
  { title: 'GroupKind', description: 'What the members do of one type of task.' },
)

const GroupHistoryEntry = closedObject(
  {
    at: Timestamp,
    type: textEnum(['formed', 'joined', 'left', 'split', 'merged'], { description: 'What happened.' }),
    agentId: Type.Optional(AgentId),
    members: Type.Optional(members),
    from: Type.Optional(GroupName),
  },
  { title: 'GroupHistoryEntry', description: 'One change of a group.' },
)

export const GroupView = closedObject(
  {
    group: GroupName,
    members,
    formedAt: Timestamp,
    centre: Type.Array(GroupKind, {
      maxItems: 20,
      description: 'The centre of the group: what its members are prepared for and do most.',
    }),
    history: Type.Array(GroupHistoryEntry, {
      maxItems: 50,
      description: 'The newest changes, oldest first; the event log has all.',
    }),
  },
  { title: 'Group', description: 'Agents that learn together and share a kind of work.' },
)
export type GroupView = Static<typeof GroupView>

export const GroupPage = closedObject(
  {
    groups: Type.Array(GroupView, { maxItems: LIMITS.pageSizeMax, description: 'By name.' }),
    ...NEXT_PAGE,
  },
  { title: 'GroupPage', description: 'A page of groups.' },
)
export type GroupPage = Static<typeof GroupPage>
