import type { AgentDelivery } from '#domain/communication/agent-delivery.ts'
import type { FrameFormat } from '../sockets/frame-format.ts'
import { type FramedMessage, frameMessage } from '../sockets/framed-message.ts'
import { FrameCache } from './frame-cache.ts'

type ConsensusDelivery = Extract<AgentDelivery, { type: 'consensus' }>

const frames = new FrameCache<ConsensusDelivery>(build)

/** A word of one voter as all the others get it. */
export function frameOfNotice(delivery: ConsensusDelivery, format: FrameFormat): FramedMessage {
  return frames.of(delivery, format)
}

function build({ notice }: ConsensusDelivery, format: FrameFormat): FramedMessage {
  const encoded = format.encode({ type: 'consensus', body: notice })
  return frameMessage(encoded, format.isBinary)
}
