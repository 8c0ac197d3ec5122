import { type Static, Type } from '@sinclair/typebox'
import { OPAQUE } from './json/opaque-shape.ts'
import { LIMITS } from './limits.ts'
import { closedObject, freeText, namedValues, textEnum } from './schema.ts'

const ID_PATTERN = '^[a-z0-9][a-z0-9-]{0,62}$'
/** Names of kinds of work, capabilities, resources and labels. */
export const NAME_PATTERN = '^[A-Za-z0-9][A-Za-z0-9._:/-]{0,127}$'

function id(description: string, example: string) {
  return Type.String({
    pattern: ID_PATTERN,
    maxLength: LIMITS.idLengthMax,
    description: `${description} Lower-case letters, digits and hyphens.`,
    examples: [example],
  })
}

export const SwarmId = id('Names the swarm.', 'default')
export const AgentId = id('Names the agent within its swarm.', 'reviewer-1')
export const TaskId = id(
  'Names the task within its swarm; given by the server.',
  '019ab3f2-6c1e-7a40-9d55-0f2c8b6e4a11',
)

export const Name = Type.String({ pattern: NAME_PATTERN, maxLength: LIMITS.nameLengthMax })

export const Timestamp = Type.String({
  format: 'date-time',
  maxLength: 40,
  description: 'A time in RFC 3339; the server writes UTC with milliseconds.',
  examples: ['2026-01-01T12:00:00.000Z'],
})

export const FencingToken = Type.Integer({
  minimum: 1,
  maximum: Number.MAX_SAFE_INTEGER,
  description:
    'Proves the right to do one task; strictly increasing per task. A stale one is refused with `lease_lost`.',
})

export const Attempt = Type.Integer({
  minimum: 0,
  maximum: LIMITS.attemptsMax,
  description: 'Which try at the task this is, 1 for the first; 0 before it.',
})

export const LeaseMs = Type.Integer({
  minimum: LIMITS.leaseMsMin,
  maximum: LIMITS.leaseMsMax,
  description: 'How long an agent may hold a task without renewing it, in milliseconds.',
})

export const Count = (description: string) => Type.Integer({ minimum: 0, description })

export const Ratio = (description: string) => Type.Number({ minimum: 0, maximum: 1, description })

/** Free text for people. */
export const Text = (description: string, lengthMax: number = LIMITS.textLengthMax) =>
  freeText({ maxLength: lengthMax, description })

export const Durability = textEnum(['synced', 'committed', 'none'], {
  description:
    'What the accepted work survives: `synced` a power failure, `committed` a kill of the server process, `none` ' +
    'neither. `none` is possible only where the operator allows it.',
})

export const ResourceAmounts = namedValues(
  NAME_PATTERN,
  Type.Number({ minimum: 0, maximum: 1e15, description: 'In the unit that the name says.' }),
  {
    description: 'Amounts of named resources, for instance `{"gpu": 1, "memoryMb": 2048}`.',
    maxProperties: LIMITS.resourcesMax,
  },
)

export const Features = namedValues(
  NAME_PATTERN,
  Type.Number({ minimum: -1e15, maximum: 1e15, description: 'In the unit that the name says.' }),
  {
    description: 'Numbers that describe a piece of work, for instance `{"tokens": 1200}`.',
    maxProperties: LIMITS.featuresMax,
  },
)

export const Metadata = namedValues(NAME_PATTERN, Text('Any text.'), {
  description: 'Free notes that the swarm keeps and does not read.',
  maxProperties: LIMITS.metadataMax,
})

export const Labels = namedValues(NAME_PATTERN, Text('Any text.', LIMITS.nameLengthMax), {
  description: 'Names and values that lists can be filtered by.',
  maxProperties: LIMITS.labelsMax,
})

export const HeldTask = closedObject(
  { taskId: TaskId, fencingToken: FencingToken },
  { title: 'HeldTask', description: 'A task an agent holds, and the token it holds it under.' },
)
export type HeldTask = Static<typeof HeldTask>

export const HeldTasks = Type.Array(HeldTask, {
  maxItems: LIMITS.heldTasksMax,
  default: [],
  description: 'The tasks the agent still works on.',
})

/** A value that the server keeps and relays as the text it was sent as, and does not read. */
export const Json = (description: string) => Type.Unknown({ description, [OPAQUE]: true })

/** What every page of a list ends with. */
export const NEXT_PAGE = {
  nextPageToken: Type.Optional(
    Type.String({
      maxLength: LIMITS.pageTokenLengthMax,
      description: 'For the next page; left out on the last.',
    }),
  ),
  damagedIds: Type.Optional(
    Type.Array(Type.String({ maxLength: 255 }), {
      maxItems: LIMITS.damagedIdsMax,
      description:
        'Ids within this page whose stored records are damaged: these are missing from the page, whatever the filter. Absent where there are none.',
    }),
  ),
}
