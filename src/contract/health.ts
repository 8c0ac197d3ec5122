import { type Static, Type } from '@sinclair/typebox'
import { Count, Durability, Text } from './scalars.ts'
import { closedObject, textEnum } from './schema.ts'

export const Liveness = closedObject(
  { status: textEnum(['live'], { description: 'Always `live` while the process runs.' }) },
  { title: 'Liveness', description: 'The process runs.' },
)
export type Liveness = Static<typeof Liveness>

export const Readiness = closedObject(
  {
    status: textEnum(['ready', 'not_ready'], { description: 'Whether this node takes work.' }),
    reasons: Type.Array(Text('Why not, for people.'), {
      maxItems: 10,
      description: 'Empty where it is ready.',
    }),
    durability: Durability,
    damagedRecordCount: Type.Optional(
      Count('Number of stored records and events found damaged since the start. Absent where there are none'),
    ),
    nodeId: Type.String({ maxLength: 63, description: 'This server process.' }),
    version: Type.String({ maxLength: 64, description: 'Of the server.' }),
  },
  { title: 'Readiness', description: 'Whether this node takes work, and what accepted work survives.' },
)
export type Readiness = Static<typeof Readiness>
