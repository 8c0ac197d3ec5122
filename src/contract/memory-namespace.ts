import { type Static, Type } from '@sinclair/typebox'
import { LIMITS } from './limits.ts'
import { MemoryNamespace } from './memory.ts'
import { Count, Ratio, Timestamp } from './scalars.ts'
import { closedObject, distinct, namedValues, textEnum } from './schema.ts'

export const Grantees = (description: string) =>
  distinct(
    textEnum(['agent', 'viewer', 'submitter', 'operator', 'admin'], {
      description: 'Agents of the swarm, or API keys from this role on.',
    }),
    { maxItems: 5, description },
  )

const SETTINGS = {
  readers: Grantees('Who reads the records. Default: agents and viewers.'),
  writers: Grantees('Who writes records. Default: agents and submitters.'),
  recordsMax: Type.Integer({ minimum: 0, maximum: 100_000_000, description: 'Most records.' }),
  bytesMax: Type.Integer({
    minimum: 0,
    maximum: 2 ** 50,
    description: 'Most bytes, see `bytes` of a record.',
  }),
  weights: closedObject(
    {
      value: Ratio('Weight of the words of the value.'),
      key: Ratio('Weight of the words of the key.'),
      tags: Ratio('Weight of the words of the tags.'),
      fields: namedValues(
        '^.{1,128}$',
        Type.Number({ minimum: 0, maximum: 100, description: 'The weight.' }),
        {
          description: 'Weights of fields at the top of the value, in place of that of the value.',
          maxProperties: LIMITS.memoryFieldWeightsMax,
        },
      ),
    },
    {
      description: 'What counts in the lexical search. Records that were written before keep what held then.',
    },
  ),
}

export const NamespaceDeclare = closedObject(
  {
    readers: Type.Optional(SETTINGS.readers),
    writers: Type.Optional(SETTINGS.writers),
    recordsMax: Type.Optional(SETTINGS.recordsMax),
    bytesMax: Type.Optional(SETTINGS.bytesMax),
    weights: Type.Optional(SETTINGS.weights),
  },
  { title: 'NamespaceDeclare', description: 'Settings of a namespace; what is left out stays as it is.' },
)
export type NamespaceDeclare = Static<typeof NamespaceDeclare>

export const NamespaceView = closedObject(
  {
    namespace: MemoryNamespace,
    ...SETTINGS,
    recordCount: Count('Records there are, expired ones that are not removed yet included.'),
    byteCount: Count('Their bytes.'),
    dimensions: Type.Optional(Count('Numbers in each embedding.')),
    createdAt: Timestamp,
  },
  { title: 'Namespace', description: 'A namespace of the memory.' },
)
export type NamespaceView = Static<typeof NamespaceView>

export const NamespaceList = closedObject(
  {
    namespaces: Type.Array(NamespaceView, {
      maxItems: 10_000,
      description: 'Those that the caller may read.',
    }),
  },
  { title: 'NamespaceList', description: 'Namespaces of the memory.' },
)
