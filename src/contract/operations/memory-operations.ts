import { Type } from '@sinclair/typebox'
import { LIMITS } from '../limits.ts'
import {
  MemoryBatch,
  MemoryBatchPut,
  MemoryDeleted,
  MemoryFound,
  MemoryHistory,
  MemoryKey,
  MemoryKeys,
  MemoryMerge,
  MemoryNamespace,
  MemoryOperation,
  MemoryPage,
  MemoryPut,
  MemoryRecordView,
} from '../memory.ts'
import { NamespaceDeclare, NamespaceList, NamespaceView } from '../memory-namespace.ts'
import { MemorySearchReply, MemorySearchRequest } from '../memory-search.ts'
import { Name, SwarmId } from '../scalars.ts'
import { closedObject } from '../schema.ts'
import { IfMatchHeaders, PAGE_QUERY, SwarmParams } from './common.ts'
import { defineOperation } from './operation.ts'

const namespace = { swarmId: SwarmId, namespace: MemoryNamespace }
const NamespaceParams = closedObject(namespace)
const RecordParams = closedObject({ ...namespace, key: MemoryKey })
const PATH = '/v1/swarms/{swarmId}/memory'

const PutHeaders = Type.Object({
  ...IfMatchHeaders.properties,
  'if-none-match': Type.Optional(
    Type.String({
      pattern: '^\\*$',
      maxLength: 1,
      description: '`*`: write it only if nothing stands under the key; otherwise `version_conflict`.',
    }),
  ),
})

const READ = ['swarm_not_found', 'memory_forbidden', 'memory_invalid', 'store_unavailable'] as const
const WRITE = [...READ, 'limit_exceeded', 'coordinator_unavailable'] as const
const record = { description: 'The record.', schema: MemoryRecordView, hasEtag: true }

export const MEMORY_OPERATIONS = {
  listNamespaces: defineOperation({
    operationId: 'listNamespaces',
    method: 'GET',
    path: PATH,
    tag: 'memory',
    summary: 'List the namespaces of the memory',
    description: 'With their settings and what they hold.',
    access: 'viewer',
    params: SwarmParams,
    replies: { 200: { description: 'The namespaces.', schema: NamespaceList } },
    problems: READ,
  }),
  declareNamespace: defineOperation({
    operationId: 'declareNamespace',
    method: 'PUT',
    path: `${PATH}/{namespace}`,
    tag: 'memory',
    summary: 'Declare a namespace',
    description:
      'Says who reads and writes it, how much it holds and what counts in a search. A namespace that nobody declared comes to be with its first record, open to all who read the swarm.',
    access: 'operator',
    params: NamespaceParams,
    body: NamespaceDeclare,
    replies: { 200: { description: 'The namespace.', schema: NamespaceView } },
    problems: WRITE,
  }),
  listMemory: defineOperation({
    operationId: 'listMemory',
    method: 'GET',
    path: `${PATH}/{namespace}`,
    tag: 'memory',
    summary: 'List records',
    description: 'All of the namespace, or those whose key begins with a prefix, or that have a tag.',
    access: 'viewer',
    params: NamespaceParams,
    query: closedObject({
      ...PAGE_QUERY,
      pageSize: Type.Integer({
        minimum: 1,
        maximum: LIMITS.memoryPageSizeMax,
        default: LIMITS.pageSizeDefault,
        description: 'Most records to answer with. With values a page also ends behind 4 MiB.',
      }),
      prefix: Type.Optional(
        Type.String({ maxLength: LIMITS.memoryKeyBytesMax, description: 'What the keys begin with.' }),
      ),
      tag: Type.Optional(Name),
      includeValues: Type.Boolean({ default: false, description: 'Answer with the values.' }),
    }),
    replies: { 200: { description: 'A page of records.', schema: MemoryPage } },
    problems: [...READ, 'page_token_invalid'],
  }),
  putMemory: defineOperation({
    operationId: 'putMemory',
    method: 'PUT',
    path: `${PATH}/{namespace}/{key}`,
    tag: 'memory',
    summary: 'Write a record',
    description:
      'In the place of what stands under the key. The answer comes when the record is durable; every search that begins after it finds the record.',
    access: 'participant',
    params: RecordParams,
    headers: PutHeaders,
    body: MemoryPut,
    replies: { 200: record },
    problems: [...WRITE, 'version_conflict', 'memory_type_conflict'],
  }),
  getMemory: defineOperation({
    operationId: 'getMemory',
    method: 'GET',
    path: `${PATH}/{namespace}/{key}`,
    tag: 'memory',
    summary: 'Read a record',
    description: 'With its value, and its state where it is replicated.',
    access: 'viewer',
    params: RecordParams,
    replies: { 200: record },
    problems: [...READ, 'memory_not_found'],
  }),
  deleteMemory: defineOperation({
    operationId: 'deleteMemory',
    method: 'DELETE',
    path: `${PATH}/{namespace}/{key}`,
    tag: 'memory',
    summary: 'Delete a record',
    description: 'With its history.',
    access: 'participant',
    params: RecordParams,
    headers: IfMatchHeaders,
    replies: { 204: { description: 'It is gone, or was not there.' } },
    problems: [...WRITE, 'version_conflict'],
  }),
  getMemoryHistory: defineOperation({
    operationId: 'getMemoryHistory',
    method: 'GET',
    path: `${PATH}/{namespace}/{key}/history`,
    tag: 'memory',
    summary: 'Read the history of a record',
    description: 'The present version and the earlier ones that are kept, with their values.',
    access: 'viewer',
    params: RecordParams,
    replies: { 200: { description: 'The versions.', schema: MemoryHistory } },
    problems: [...READ, 'memory_not_found'],
  }),
  operateMemory: defineOperation({
    operationId: 'operateMemory',
    method: 'POST',
    path: `${PATH}/{namespace}/{key}/operations`,
    tag: 'memory',
    summary: 'Change a replicated record',
    description: 'For writers that keep no state of the record. The first operation creates it.',
    access: 'participant',
    params: RecordParams,
    body: MemoryOperation,
    replies: { 200: record },
    problems: [...WRITE, 'memory_type_conflict'],
  }),
  putMemoryBatch: defineOperation({
    operationId: 'putMemoryBatch',
    method: 'POST',
    path: `${PATH}/{namespace}/batch`,
    tag: 'memory',
    summary: 'Write several records',
    description: 'All of them or none.',
    access: 'participant',
    params: NamespaceParams,
    body: MemoryBatchPut,
    bodyBytesMax: LIMITS.batchBodyBytesMax,
    replies: { 200: { description: 'The records.', schema: MemoryBatch } },
    problems: [...WRITE, 'version_conflict', 'memory_type_conflict'],
  }),
  readMemoryBatch: defineOperation({
    operationId: 'readMemoryBatch',
    method: 'POST',
    path: `${PATH}/{namespace}/read`,
    tag: 'memory',
    summary: 'Read several records',
    description: 'With their values.',
    access: 'viewer',
    params: NamespaceParams,
    body: MemoryKeys,
    replies: { 200: { description: 'What was found.', schema: MemoryFound } },
    problems: READ,
  }),
  deleteMemoryBatch: defineOperation({
    operationId: 'deleteMemoryBatch',
    method: 'POST',
    path: `${PATH}/{namespace}/delete`,
    tag: 'memory',
    summary: 'Delete several records',
    description: 'All of them or none; keys without a record are passed over.',
    access: 'participant',
    params: NamespaceParams,
    body: MemoryKeys,
    replies: { 200: { description: 'What was deleted.', schema: MemoryDeleted } },
    problems: WRITE,
  }),
  mergeMemory: defineOperation({
    operationId: 'mergeMemory',
    method: 'POST',
    path: `${PATH}/{namespace}/merge`,
    tag: 'memory',
    summary: 'Merge replicated records',
    description:
      'States, or parts of states, of replicas: late, twice and in any order. The answer holds the merged states.',
    access: 'participant',
    params: NamespaceParams,
    body: MemoryMerge,
    bodyBytesMax: LIMITS.batchBodyBytesMax,
    replies: { 200: { description: 'The records after the merge.', schema: MemoryBatch } },
    problems: [...WRITE, 'memory_type_conflict'],
  }),
  searchMemory: defineOperation({
    operationId: 'searchMemory',
    method: 'POST',
    path: `${PATH}/search`,
    tag: 'memory',
    summary: 'Search the memory',
    description:
      'By words (BM25 with stemming), by a vector (cosine, compared with every embedding), or by both (reciprocal rank fusion). Each hit says why it was found.',
    access: 'viewer',
    params: SwarmParams,
    body: MemorySearchRequest,
    replies: { 200: { description: 'The hits.', schema: MemorySearchReply } },
    problems: [...READ, 'coordinator_unavailable'],
  }),
} as const
