import type { TObject, TSchema } from '@sinclair/typebox'
import {
  AGENT_FRAME_EXAMPLES,
  CHANNEL_FRAME_EXAMPLES,
  STREAM_FRAME_EXAMPLES,
  SUBSCRIBER_FRAME_EXAMPLES,
} from '../examples/frame-examples.ts'
import { AGENT_FRAMES, CHANNEL_FRAMES } from '../frames/agent-frames.ts'
import { SUBPROTOCOLS } from '../frames/frame.ts'
import { STREAM_FRAMES, SUBSCRIBER_FRAMES } from '../frames/stream-frames.ts'
import { AgentId, SwarmId } from '../scalars.ts'
import { ComponentSchemas, type Direction, type JsonSchema } from './component-schemas.ts'
import { CONTRACT_VERSION, LICENSE } from './document-info.ts'

type Frames = Readonly<Record<string, TObject>>

interface ChannelShape {
  readonly name: string
  readonly address: string
  readonly title: string
  readonly description: string
  readonly params: Readonly<Record<string, TSchema>>
  /** Sent by the other side. */
  readonly received: Frames
  /** Sent by the server. */
  readonly sent: Frames
  /** A frame of each type. */
  readonly examples: { readonly received: Examples; readonly sent: Examples }
}

type Examples = Readonly<Record<string, object>>

const CHANNELS: readonly ChannelShape[] = [
  {
    name: 'agentChannel',
    address: '/v1/swarms/{swarmId}/agents/{agentId}/channel',
    title: 'Agent channel',
    description: `The one connection of an agent: its work, and its reports of it. The first frame is \`hello\`, within 5 s. A newer connection of the same agent ends the older one. Needs the token of the agent, or an API key with the role operator. Subprotocols: ${SUBPROTOCOLS.join(', ')}.`,
    params: { swarmId: SwarmId, agentId: AgentId },
    received: AGENT_FRAMES,
    sent: CHANNEL_FRAMES,
    examples: { received: AGENT_FRAME_EXAMPLES, sent: CHANNEL_FRAME_EXAMPLES },
  },
  {
    name: 'eventStream',
    address: '/v1/swarms/{swarmId}/stream',
    title: 'Event stream',
    description: `The event log of a swarm as it grows, from any point on. The first frame is \`subscribe\`, within 5 s. Needs the token of an agent of the swarm, or an API key with the role viewer. Subprotocols: ${SUBPROTOCOLS.join(', ')}.`,
    params: { swarmId: SwarmId },
    received: SUBSCRIBER_FRAMES,
    sent: STREAM_FRAMES,
    examples: { received: SUBSCRIBER_FRAME_EXAMPLES, sent: STREAM_FRAME_EXAMPLES },
  },
]

/** The AsyncAPI 3.1 document of the two WebSockets, from the server's point of view. */
export function asyncApiDocument(): JsonSchema {
  const schemas = new ComponentSchemas(CHANNELS.flatMap(({ sent }) => Object.values(sent)))
  const messages: Record<string, JsonSchema> = {}
  for (const { received, sent, examples } of CHANNELS) {
    addMessages(messages, received, examples.received, 'input', schemas)
    addMessages(messages, sent, examples.sent, 'output', schemas)
  }
  return {
    asyncapi: '3.1.0',
    id: 'urn:amos:swarm',
    info: {
      title: 'AMOS Swarm',
      version: CONTRACT_VERSION,
      description:
        'The WebSockets of the coordination server. Frames are JSON text messages, or MessagePack binary messages where payloads and results are `bin`. A frame with a `requestId` is answered by an `ack` or `error` that carries it.',
      license: LICENSE,
      tags: [{ name: 'agents' }, { name: 'events' }],
    },
    defaultContentType: 'application/json',
    servers: {
      local: {
        host: '127.0.0.1:3000',
        protocol: 'ws',
        description: 'A server on this machine.',
        security: [{ $ref: '#/components/securitySchemes/bearer' }],
      },
    },
    channels: Object.fromEntries(CHANNELS.map((channel) => [channel.name, describeChannel(channel)])),
    operations: Object.fromEntries(CHANNELS.flatMap(describeOperations)),
    components: {
      schemas: schemas.components,
      messages,
      securitySchemes: {
        bearer: {
          type: 'http',
          scheme: 'bearer',
          description:
            'An API key or agent token in the upgrade request; or as the subprotocol `amos.token.<token>`; or in the first frame.',
        },
      },
    },
  }
}

function addMessages(
  messages: Record<string, JsonSchema>,
  frames: Frames,
  examples: Examples,
  direction: Direction,
  schemas: ComponentSchemas,
): void {
  for (const [type, schema] of Object.entries(frames)) {
    messages[nameOf(schema)] = {
      name: type,
      title: nameOf(schema),
      summary: schema.description,
      payload: schemas.render(schema, direction),
      examples: [{ name: type, payload: examples[type] }],
    }
  }
}

function describeChannel({ address, title, description, params, received, sent }: ChannelShape): JsonSchema {
  const names = [...Object.values(received), ...Object.values(sent)].map(nameOf)
  return {
    address,
    title,
    description,
    parameters: Object.fromEntries(
      Object.entries(params).map(([name, schema]) => [name, { description: schema.description }]),
    ),
    messages: Object.fromEntries(names.map((name) => [name, { $ref: `#/components/messages/${name}` }])),
    bindings: { ws: { method: 'GET', bindingVersion: '0.1.0' } },
  }
}

function describeOperations(channel: ChannelShape): [string, JsonSchema][] {
  return [
    [`receiveOn${capitalised(channel.name)}`, describeOperation('receive', channel, channel.received)],
    [`sendOn${capitalised(channel.name)}`, describeOperation('send', channel, channel.sent)],
  ]
}

function describeOperation(
  action: 'send' | 'receive',
  { name, title }: ChannelShape,
  frames: Frames,
): JsonSchema {
  return {
    action,
    title: `${title}: frames ${action === 'send' ? 'the server sends' : 'the server receives'}`,
    channel: { $ref: `#/channels/${name}` },
    messages: Object.values(frames).map((schema) => ({
      $ref: `#/channels/${name}/messages/${nameOf(schema)}`,
    })),
  }
}

function nameOf(schema: TSchema): string {
  return schema.title ?? ''
}

function capitalised(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1)
}
