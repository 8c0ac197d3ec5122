import { Type } from '@sinclair/typebox'
import { GroupName } from './groups.ts'
import { LIMITS } from './limits.ts'
import { AgentId } from './scalars.ts'
import { annotate, closedObject } from './schema.ts'

const members = Type.Array(AgentId, { maxItems: LIMITS.pathLengthMax, description: 'The agents.' })
const from = annotate(GroupName, { description: 'The group that they were members of.' })

/** What the events of groups carry; their subject is the name of the group. */
export const GROUP_EVENT_DATA = {
  'group.formed': closedObject(
    { members },
    { title: 'GroupFormedData', description: 'Agents formed a group.' },
  ),
  'group.joined': closedObject(
    { agentId: AgentId },
    { title: 'GroupJoinedData', description: 'An agent joined the group.' },
  ),
  'group.left': closedObject(
    { agentId: AgentId },
    { title: 'GroupLeftData', description: 'An agent left the group.' },
  ),
  'group.split': closedObject(
    { from, members },
    { title: 'GroupSplitData', description: 'Members of another group became this one.' },
  ),
  'group.merged': closedObject(
    { from, members },
    { title: 'GroupMergedData', description: 'All members of another group joined this one.' },
  ),
  'group.dissolved': closedObject(
    {},
    { title: 'GroupDissolvedData', description: 'Fewer than two members were left.' },
  ),
} as const
