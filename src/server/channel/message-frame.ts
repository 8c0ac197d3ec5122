import type { AgentDelivery } from '#domain/communication/agent-delivery.ts'
import type { FrameFormat } from '../sockets/frame-format.ts'
import { type FramedMessage, frameMessage } from '../sockets/framed-message.ts'
import { messageView } from '../views/message-view.ts'
import { FrameCache } from './frame-cache.ts'

type MessageDelivery = Extract<AgentDelivery, { type: 'message' }>

const frames = new FrameCache<MessageDelivery>(build)

/** A message as it goes over the wire; for a message to many it is made once in each format. */
export function frameOfMessage(delivery: MessageDelivery, format: FrameFormat): FramedMessage {
  return delivery.message.to.kind === 'agent' ? build(delivery, format) : frames.of(delivery, format)
}

function build({ message }: MessageDelivery, format: FrameFormat): FramedMessage {
  const encoded = format.encodeWithPayload('message', messageView(message), message.payload)
  return frameMessage(encoded, format.isBinary)
}
