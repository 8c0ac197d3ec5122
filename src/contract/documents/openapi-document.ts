import type { TObject } from '@sinclair/typebox'
import { OPERATION_EXAMPLES, type OperationId } from '../examples/operation-examples.ts'
import { isForAgents, LEAST_ROLE, MONITOR } from '../operations/access.ts'
import { OPERATIONS } from '../operations/all-operations.ts'
import type { Operation, Tag } from '../operations/operation.ts'
import { problemCodesOf } from '../operations/problems-of.ts'
import { Problem } from '../problem.ts'
import { PROBLEMS } from '../problem-codes.ts'
import { ComponentSchemas, type JsonSchema } from './component-schemas.ts'
import { CONTRACT_VERSION, LICENSE } from './document-info.ts'

const TAGS: Record<Tag, string> = {
  swarms: 'Swarms: each has its own agents, tasks, limits and event log.',
  agents:
    'Agents join a swarm with what they can do, and get work over a WebSocket channel or by claiming it.',
  tasks: 'Tasks are submitted by clients and done by agents under leases with fencing tokens.',
  messages: 'What agents say to each other, and the inboxes of durable messages.',
  topology: 'Who may talk to whom, and along which path.',
  learning: 'What the swarm learns from finished work, and models that its agents train together.',
  consensus: 'Leader election by signed votes, and decisions that carry their proof.',
  memory: 'What a swarm remembers together: records with versions, replicated records, and search.',
  groups: 'Groups that agents form by what they do and can do, under the strategy `flocking`.',
  trails: 'Pheromone trails: levels on named edges that deposits change and that fade by themselves.',
  patterns: 'What the swarm notices in its own behavior.',
  events: 'The ordered event log of a swarm.',
  resources: 'How a swarm is doing.',
  operations: 'Health and metrics of a server node.',
}

const DESCRIPTION = `Coordination server for swarms of agents. Agents get their work, and subscribers their events, over WebSockets as well: see the AsyncAPI document.

Every answer carries \`X-Request-Id\`; the log of the server repeats it. Problems are answered as \`application/problem+json\` (RFC 9457) with a \`code\` for programs. Times are RFC 3339 in UTC, durations are in milliseconds and their names end in \`Ms\`. Without API keys the server is open, and listens on loopback only.`

/** The OpenAPI 3.1 document of the REST interface. */
export function openApiDocument(): JsonSchema {
  const replies = OPERATIONS.flatMap((operation) => Object.values(operation.replies))
  const outputs = replies.flatMap(({ schema }) => (schema === undefined ? [] : [schema]))
  const schemas = new ComponentSchemas([...outputs, Problem])
  return {
    openapi: '3.1.0',
    info: {
      title: 'AMOS Swarm',
      version: CONTRACT_VERSION,
      description: DESCRIPTION,
      license: LICENSE,
      contact: { name: 'AMOS Swarm' },
    },
    servers: [{ url: 'http://127.0.0.1:3000', description: 'A server on this machine.' }],
    tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
    paths: paths(schemas),
    components: { schemas: schemas.components, securitySchemes: SECURITY_SCHEMES },
  }
}

const SECURITY_SCHEMES = {
  apiKey: {
    type: 'http',
    scheme: 'bearer',
    description:
      'An API key of the server: it names the tenant and the roles. Each of viewer, submitter, operator and admin may do what those before it may; monitor reads the metrics of the whole node. An operation lists the least role that it needs.',
  },
  agentToken: {
    type: 'http',
    scheme: 'bearer',
    description:
      'The token an agent got when it was registered: it acts for that agent, and for no other, and reads its swarm.',
  },
}

function paths(schemas: ComponentSchemas): JsonSchema {
  const byPath: Record<string, JsonSchema> = {}
  for (const operation of OPERATIONS) {
    const item = (byPath[operation.path] ??= {})
    item[operation.method.toLowerCase()] = describe(operation, schemas)
  }
  return byPath
}

function describe(operation: Operation, schemas: ComponentSchemas): JsonSchema {
  const { operationId } = operation
  const example = OPERATION_EXAMPLES[operationId as OperationId]
  const { tag, summary, description, params, query, headers, body, bytes } = operation
  const parameters = [
    ...parametersOf('path', params, schemas, example.params),
    ...parametersOf('query', query, schemas, example.query),
    ...parametersOf('header', headers, schemas),
  ]
  return {
    operationId,
    tags: [tag],
    summary,
    description: [description, ...needsOf(operation)].join('\n\n'),
    security: securityOf(operation),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(body === undefined
      ? {}
      : {
          requestBody: {
            required: operation.isBodyOptional !== true,
            content: {
              'application/json': { schema: schemas.render(body, 'input'), example: example.body },
            },
          },
        }),
    ...(bytes === undefined
      ? {}
      : {
          requestBody: {
            required: true,
            content: { 'application/octet-stream': { schema: schemas.render(bytes, 'input') } },
          },
        }),
    responses: { ...repliesOf(operation, schemas), ...problemsOf(operation, schemas) },
  }
}

function needsOf({ access, fieldAccess = {} }: Operation): string[] {
  if (access === 'public') return []
  const fields = Object.entries(fieldAccess).map(
    ([field, needed]) => `- the field \`${field}\`: \`${needed}\``,
  )
  return [`Needs: \`${access}\`.`, ...(fields.length === 0 ? [] : [`Beside it:\n${fields.join('\n')}`])]
}

/** With the least role of an API key: OpenAPI 3.1 has roles there. A token belongs to one swarm, which the address names. */
function securityOf({ access, params }: Operation): JsonSchema[] {
  if (access === 'public') return []
  const isOfSwarm = params?.properties['swarmId'] !== undefined
  return [
    { apiKey: [LEAST_ROLE[access]] },
    ...(access === 'monitor' ? [{ apiKey: [MONITOR] }] : []),
    ...(isOfSwarm && isForAgents(access) ? [{ agentToken: [] }] : []),
  ]
}

function parametersOf(
  place: string,
  parts: TObject | undefined,
  schemas: ComponentSchemas,
  examples: Readonly<Record<string, string | number>> = {},
): JsonSchema[] {
  if (parts === undefined) return []
  const required = new Set(parts.required)
  return Object.entries(parts.properties).map(([name, property]) => {
    const { description, ...schema } = schemas.render(property, 'input')
    const initial: unknown = property.default
    return {
      name: place === 'header' ? spelled(name) : name,
      in: place,
      required: required.has(name) && property.default === undefined,
      ...(description === undefined ? {} : { description }),
      schema: { ...schema, ...(initial === undefined ? {} : { default: initial }) },
      ...(examples[name] === undefined ? {} : { example: examples[name] }),
    }
  })
}

/** As headers are written: `if-match` is `If-Match`, and an id is an `ID`. */
function spelled(header: string): string {
  const words = header
    .split('-')
    .map((word) => (word === 'id' ? 'ID' : word.charAt(0).toUpperCase() + word.slice(1)))
  return words.join('-')
}

function repliesOf(operation: Operation, schemas: ComponentSchemas): Record<string, JsonSchema> {
  const replies = Object.entries(operation.replies).map(([status, reply]) => {
    const { description, schema, mediaType = 'application/json', isStreamable, hasEtag } = reply
    if (schema === undefined) return [status, { description }] as const
    const content = {
      [mediaType]: { schema: schemas.render(schema, 'output') },
      ...(isStreamable === true ? { 'text/event-stream': { schema: STREAM } } : {}),
    }
    return [status, { description, ...(hasEtag === true ? { headers: ETAG } : {}), content }] as const
  })
  return Object.fromEntries(replies)
}

const ETAG = {
  ETag: {
    description: 'Names this version of it, for `If-Match`.',
    schema: { type: 'string', pattern: '^"v[0-9]{1,15}"$' },
  },
}

const STREAM = {
  type: 'string',
  description:
    'Server-sent events. A message has an event as `data` and its `id`; one with `event: gap` says what is missing.',
}

function problemsOf(operation: Operation, schemas: ComponentSchemas): Record<string, JsonSchema> {
  const codes = problemCodesOf(operation)
  const statuses = new Set(codes.map((code) => PROBLEMS[code].status))
  const responses = [...statuses].map((status) => {
    const ofStatus = codes.filter((code) => PROBLEMS[code].status === status)
    const response = {
      description: ofStatus.map((code) => `\`${code}\`: ${PROBLEMS[code].title}.`).join('\n\n'),
      ...(ofStatus.some((code) => PROBLEMS[code].retryable) ? { headers: RETRY_AFTER } : {}),
      content: { 'application/problem+json': { schema: schemas.render(Problem, 'output') } },
    }
    return [status, response] as const
  })
  return Object.fromEntries(responses)
}

const RETRY_AFTER = {
  'Retry-After': {
    description: 'When to try again, in seconds.',
    schema: { type: 'integer', minimum: 1 },
  },
}
