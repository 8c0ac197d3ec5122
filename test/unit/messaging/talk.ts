import type { SendMessageRequest } from '#domain/communication/message-service.ts'
import { agentId, jsonText } from '#domain/model/ids.ts'
import type { MessageTarget, SendReply, SwarmMessage } from '#domain/model/message.ts'
import type { TestAgent, TestNode } from '../domain/cluster.ts'

export type Extras = Partial<Pick<SendMessageRequest, 'ttlMs' | 'isDurable' | 'correlationId' | 'kind'>>

let made = 0

/** Sends a text as one agent says it over its channel; the text is the message's id, too, unless one is given. */
export function say(
  sender: TestAgent,
  node: TestNode,
  to: MessageTarget,
  text: string,
  extras: Extras & { readonly messageId?: string } = {},
): Promise<SendReply> {
  return node.service.messages.send({
    from: sender.id,
    sessionId: sender.session,
    to,
    messageId: `m-${(made += 1)}`,
    kind: 'message',
    isDurable: false,
    payload: jsonText(JSON.stringify(text)),
    ...extras,
  })
}

export function toAgent(name: string): MessageTarget {
  return { kind: 'agent', agentId: agentId(name) }
}

/** The messages the agent's newest connection was given. */
export function messagesTo(agent: TestAgent): readonly SwarmMessage[] {
  return agent.told.flatMap((delivery) => (delivery.type === 'message' ? [delivery.message] : []))
}

export function textsTo(agent: TestAgent): readonly string[] {
  return messagesTo(agent).map(({ payload }) => JSON.parse(payload) as string)
}

export function acknowledge(
  agent: TestAgent,
  node: TestNode,
  messageIds: readonly string[],
): Promise<number> {
  return node.service.messages.acknowledge({ agentId: agent.id, sessionId: agent.session, messageIds })
}

export function acknowledgeAll(agent: TestAgent, node: TestNode): Promise<number> {
  const durable = messagesTo(agent).filter(({ isDurable }) => isDurable)
  return acknowledge(
    agent,
    node,
    durable.map(({ messageId }) => messageId),
  )
}
