import {
  InboxAcknowledge,
  InboxAcknowledged,
  InboxPage,
  MessageMetrics,
  MessageSend,
  MessageSent,
} from '../message.ts'
import { closedObject } from '../schema.ts'
import { TopologyView } from '../topology.ts'
import { AgentParams, PAGE_QUERY, SwarmParams } from './common.ts'
import { defineOperation } from './operation.ts'

export const MESSAGE_OPERATIONS = {
  sendMessage: defineOperation({
    operationId: 'sendMessage',
    method: 'POST',
    path: '/v1/swarms/{swarmId}/messages',
    tag: 'messages',
    summary: 'Send a message',
    description:
      'To one agent, to whoever subscribed to a topic, or to all. Between agents the topology says whether it may go, and which way it counts as going. A durable message waits in the inbox until it is acknowledged; any other is delivered at most once.',
    access: 'agent',
    params: SwarmParams,
    body: MessageSend,
    replies: { 202: { description: 'It was accepted.', schema: MessageSent } },
    problems: [
      'swarm_not_found',
      'agent_not_found',
      'recipient_unavailable',
      'no_route',
      'backpressure',
      'limit_exceeded',
      'idempotency_key_reused',
      'store_unavailable',
    ],
  }),
  getMessageMetrics: defineOperation({
    operationId: 'getMessageMetrics',
    method: 'GET',
    path: '/v1/swarms/{swarmId}/messages/metrics',
    tag: 'messages',
    summary: 'What communication costs',
    description: 'Messages, hops and deliveries by kind and topic.',
    access: 'viewer',
    params: SwarmParams,
    replies: { 200: { description: 'The counts.', schema: MessageMetrics } },
    problems: ['swarm_not_found', 'coordinator_unavailable'],
  }),
  readInbox: defineOperation({
    operationId: 'readInbox',
    method: 'GET',
    path: '/v1/swarms/{swarmId}/agents/{agentId}/inbox',
    tag: 'messages',
    summary: "Read an agent's inbox",
    description: 'The durable messages that wait for the agent. Reading leaves them there.',
    access: 'agent',
    params: AgentParams,
    query: closedObject(PAGE_QUERY),
    replies: { 200: { description: 'A page of messages.', schema: InboxPage } },
    problems: ['swarm_not_found', 'agent_not_found', 'page_token_invalid', 'store_unavailable'],
  }),
  acknowledgeInbox: defineOperation({
    operationId: 'acknowledgeInbox',
    method: 'POST',
    path: '/v1/swarms/{swarmId}/agents/{agentId}/inbox/acknowledge',
    tag: 'messages',
    summary: 'Take messages out of an inbox',
    description: 'The agent has dealt with these messages; they are not delivered again.',
    access: 'agent',
    params: AgentParams,
    body: InboxAcknowledge,
    replies: { 200: { description: 'How many were there.', schema: InboxAcknowledged } },
    problems: ['swarm_not_found', 'agent_not_found', 'store_unavailable'],
  }),
  getTopology: defineOperation({
    operationId: 'getTopology',
    method: 'GET',
    path: '/v1/swarms/{swarmId}/topology',
    tag: 'topology',
    summary: 'Get the topology',
    description:
      "Who may talk to whom: members, edges, levels, reporting chains, and what communication cost. It is switched by changing the swarm's `topology`; messages that were accepted keep their path.",
    access: 'viewer',
    params: SwarmParams,
    replies: { 200: { description: 'The topology as it stands.', schema: TopologyView } },
    problems: ['swarm_not_found', 'coordinator_unavailable'],
  }),
} as const
