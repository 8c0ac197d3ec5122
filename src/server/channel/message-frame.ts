import type { AgentDelivery } from '#domain/orchestration/assignment.ts'
import { type FrameFormat, MSGPACK_FORMAT } from '../sockets/frame-format.ts'
import { type FramedMessage, frameMessage } from '../sockets/socket-writes.ts'
import { messageView } from '../views/message-view.ts'

type MessageDelivery = Extract<AgentDelivery, { type: 'message' }>

/** The frames of deliveries that go to many connections, for as long as somebody still has the delivery. */
const jsonFrames = new WeakMap<MessageDelivery, FramedMessage>()
const msgpackFrames = new WeakMap<MessageDelivery, FramedMessage>()

/** A message as it goes over the wire; for a message to many it is made once in each format. */
export function frameOfMessage(delivery: MessageDelivery, format: FrameFormat): FramedMessage {
  if (delivery.message.to.kind === 'agent') return build(delivery, format)
  const frames = format === MSGPACK_FORMAT ? msgpackFrames : jsonFrames
  const known = frames.get(delivery)
  if (known !== undefined) return known
  const built = build(delivery, format)
  frames.set(delivery, built)
  return built
}

function build({ message }: MessageDelivery, format: FrameFormat): FramedMessage {
  const encoded = format.encodeWithPayload({ type: 'message', ...messageView(message) }, message.payload)
  return frameMessage(typeof encoded === 'string' ? Buffer.from(encoded) : encoded, format.isBinary)
}
