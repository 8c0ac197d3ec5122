import { Type } from '@sinclair/typebox'
import { AgentId, Count } from './scalars.ts'
import { annotate, closedObject } from './schema.ts'
import { TrailSettings } from './trails.ts'

const agentId = Type.Optional(
  annotate(AgentId, { description: 'The agent that asked for it; absent for a client.' }),
)

/** What the events of trail sets carry; their subject is the name of the set. */
export const TRAIL_EVENT_DATA = {
  'trails.created': closedObject(
    { settings: TrailSettings },
    { title: 'TrailsCreatedData', description: 'A trail set was created.' },
  ),
  'trails.deposited': closedObject(
    {
      edgeCount: Count('Deposits of the request.'),
      amount: Type.Number({ description: 'Sum of the amounts.' }),
      agentId,
    },
    { title: 'TrailsDepositedData', description: 'Deposits changed a trail set.' },
  ),
  'trails.cleared': closedObject(
    { edgeCount: Count('Edges that had a deposit.'), agentId },
    { title: 'TrailsClearedData', description: 'Edges of a trail set were set back.' },
  ),
  'trails.deleted': closedObject({}, { title: 'TrailsDeletedData', description: 'A trail set was deleted.' }),
} as const
