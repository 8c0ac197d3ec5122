import { type Static, Type } from '@sinclair/typebox'
import { LIMITS } from './limits.ts'
import { CrdtState, HybridStamp, ReplicaId } from './memory-state.ts'
import { AgentId, Count, Json, Name, NEXT_PAGE, TaskId, Timestamp } from './scalars.ts'
import { annotate, closedObject, distinct, freeText, textEnum } from './schema.ts'

export const MemoryNamespace = Type.String({
  pattern: '^@?[a-z0-9][a-z0-9-]{0,62}$',
  maxLength: LIMITS.idLengthMax + 1,
  description:
    'Names the namespace: lower-case letters, digits and hyphens. `@` and the id of an agent name the namespace that is ' +
    "the agent's own. `search` is reserved.",
  examples: ['findings'],
})

export const MemoryKey = freeText({
  maxLength: LIMITS.memoryKeyBytesMax,
  description: `Names the record within its namespace: 1 to ${LIMITS.memoryKeyBytesMax} bytes of UTF-8 without control characters, and neither \`.\` nor \`..\`. In an address it is escaped, \`/\` as \`%2F\`.`,
})

export const Tags = distinct(Name, {
  maxItems: LIMITS.memoryTagsMax,
  description: 'Marks by which records are listed and searched.',
})
export const MemoryType = textEnum(['value', 'lww', 'counter', 'or_set'], {
  description: '`value`: JSON that is replaced. The others are replicated records, whose changes are merged.',
})
const Version = Type.Integer({
  minimum: 0,
  maximum: Number.MAX_SAFE_INTEGER,
  description: 'Greater than that of every earlier version of the key, also across a removal.',
})
const SourceEvent = Type.Integer({
  minimum: 1,
  maximum: Number.MAX_SAFE_INTEGER,
  description: 'The sequence number of the event that the record follows from.',
})
const position = Type.Number({ description: 'Records stand in ascending order of their positions.' })

export const Embedding = Type.Array(Type.Number({ description: 'A finite number.' }), {
  minItems: 1,
  maxItems: LIMITS.embeddingLengthMax,
  description:
    'A vector for similarity search, kept with 32 bits a number. All embeddings of a namespace have as many numbers as the first one.',
})

const WRITE_PROPERTIES = {
  value: Json(`Any JSON of at most ${LIMITS.payloadBytesMax / 1024} KiB of UTF-8, kept as sent.`),
  tags: Type.Optional(Tags),
  ttlMs: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: LIMITS.messageTtlMsMax,
      description: 'The record is gone after this time, in milliseconds. It stays where left out.',
    }),
  ),
  taskId: Type.Optional(annotate(TaskId, { description: 'The task in whose course it is written.' })),
  sourceEvent: Type.Optional(SourceEvent),
  sequence: Type.Optional(
    closedObject(
      { name: Name, position: Type.Optional(position) },
      {
        description:
          'The place in a sequence of records, such as the turns of a conversation: a search counts the words of the ' +
          'records before and after at a lower weight. Without a position the record comes behind all others.',
      },
    ),
  ),
  embedding: Type.Optional(Embedding),
}

export const MemoryPut = closedObject(WRITE_PROPERTIES, {
  title: 'MemoryPut',
  description: 'A record to write in the place of what stands under its key.',
})
export type MemoryPut = Static<typeof MemoryPut>

export const MemoryRecordView = closedObject(
  {
    namespace: MemoryNamespace,
    key: MemoryKey,
    type: MemoryType,
    version: Version,
    createdAt: Timestamp,
    updatedAt: Timestamp,
    expiresAt: Type.Optional(Timestamp),
    tags: Tags,
    sequence: Type.Optional(
      closedObject({ name: Name, position }, { description: 'Its place in a sequence.' }),
    ),
    agentId: Type.Optional(annotate(AgentId, { description: 'The agent that wrote the version.' })),
    client: Type.Optional(
      Type.String({ maxLength: 200, description: 'The API key that wrote the version.' }),
    ),
    taskId: Type.Optional(TaskId),
    sourceEvent: Type.Optional(SourceEvent),
    bytes: Count('UTF-8 bytes of the key and of what is kept of the newest version.'),
    hasEmbedding: Type.Boolean({ description: 'Whether it has a vector.' }),
    value: Type.Optional(Json('The value as it was sent; of a replicated record what its state comes to.')),
    state: Type.Optional(CrdtState),
  },
  {
    title: 'MemoryRecord',
    description: 'A record of the memory. Lists leave the value out unless it is asked for.',
  },
)
export type MemoryRecordView = Static<typeof MemoryRecordView>

const records = (description: string) =>
  Type.Array(MemoryRecordView, { maxItems: LIMITS.memoryPageSizeMax, description })

export const MemoryPage = closedObject(
  { records: records('In the order of their keys.'), ...NEXT_PAGE },
  { title: 'MemoryPage', description: 'A page of records.' },
)

export const MemoryBatchPut = closedObject(
  {
    records: Type.Array(
      closedObject({
        key: MemoryKey,
        ...WRITE_PROPERTIES,
        ifVersion: Type.Optional(
          annotate(Version, {
            description: 'Refuse all with `version_conflict` where another version stands; 0 where any does.',
          }),
        ),
      }),
      { minItems: 1, maxItems: LIMITS.memoryBatchMax, description: 'With different keys.' },
    ),
  },
  { title: 'MemoryBatchPut', description: 'Records to write, all of them or none.' },
)
export type MemoryBatchPut = Static<typeof MemoryBatchPut>

export const MemoryBatch = closedObject(
  { records: records('In the order of the request.') },
  { title: 'MemoryBatch', description: 'The records of a request.' },
)

export const MemoryKeys = closedObject(
  {
    keys: Type.Array(MemoryKey, {
      minItems: 1,
      maxItems: LIMITS.memoryBatchMax,
      description: 'Keys of records.',
    }),
  },
  { title: 'MemoryKeys', description: 'Records to read or to delete.' },
)

export const MemoryFound = closedObject(
  {
    records: records('Those that exist, with their values.'),
    missing: Type.Array(MemoryKey, {
      maxItems: LIMITS.memoryBatchMax,
      description: 'Keys without a record.',
    }),
  },
  { title: 'MemoryFound', description: 'What was found under the keys.' },
)

export const MemoryDeleted = closedObject(
  { deletedCount: Count('How many records there were.') },
  { title: 'MemoryDeleted', description: 'What was deleted.' },
)

export const MemoryMerge = closedObject(
  {
    records: Type.Array(
      closedObject({
        key: MemoryKey,
        state: CrdtState,
        tags: Type.Optional(Tags),
        taskId: Type.Optional(TaskId),
      }),
      { minItems: 1, maxItems: LIMITS.memoryBatchMax, description: 'With different keys.' },
    ),
  },
  { title: 'MemoryMerge', description: 'States of replicated records to merge, all of them or none.' },
)
export type MemoryMerge = Static<typeof MemoryMerge>

const elements = (description: string) =>
  Type.Optional(
    distinct(Type.String({ maxLength: LIMITS.setElementLengthMax, description: 'An element.' }), {
      maxItems: 1_000,
      description,
    }),
  )

export const MemoryOperation = closedObject(
  {
    type: textEnum(['lww', 'counter', 'or_set'], { description: 'What the record is.' }),
    value: Type.Optional(Json('For `lww`: the new value.')),
    stamp: Type.Optional(HybridStamp),
    replica: Type.Optional(ReplicaId),
    n: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: Number.MAX_SAFE_INTEGER,
        description: 'For `counter`: the number of the increment, from 1 without gaps for each replica.',
      }),
    ),
    amount: Type.Optional(
      Type.Integer({
        minimum: -Number.MAX_SAFE_INTEGER,
        maximum: Number.MAX_SAFE_INTEGER,
        description: 'For `counter`: what is added.',
      }),
    ),
    add: elements('For `or_set`: elements to add.'),
    remove: elements('For `or_set`: elements to remove, before those that are added.'),
    tags: Type.Optional(Tags),
    taskId: Type.Optional(TaskId),
  },
  {
    title: 'MemoryOperation',
    description:
      'A change of a replicated record. `lww` takes `value`, and a `stamp` where the writer has a clock of its own; ' +
      '`counter` takes `replica`, `n` and `amount`; `or_set` takes `add` and `remove`. The same request again changes nothing more.',
  },
)
export type MemoryOperation = Static<typeof MemoryOperation>

export const MemoryHistory = closedObject(
  {
    versions: Type.Array(MemoryRecordView, {
      maxItems: LIMITS.memoryVersionsMax,
      description: 'Newest first.',
    }),
  },
  {
    title: 'MemoryHistory',
    description: 'The present version of a record and the earlier ones that are kept.',
  },
)
