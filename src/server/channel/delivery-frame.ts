import type { ChannelFrame } from '#contract/frames/agent-frames.ts'
import type { AgentDelivery } from '#domain/communication/agent-delivery.ts'
import type { FrameFormat } from '../sockets/frame-format.ts'
import { assignmentView } from '../views/assignment-view.ts'
import { wireTime } from '../views/wire-time.ts'

/** What the swarm tells an agent, as a frame; but for messages, and for what ends the channel. */
export function encodeDelivery(
  delivery: Exclude<AgentDelivery, { type: 'superseded' | 'reattach' | 'message' | 'gap' | 'consensus' }>,
  format: FrameFormat,
): string | Buffer {
  if (delivery.type === 'assigned') {
    const { assignment } = delivery
    return format.encodeWithPayload('task.assigned', assignmentView(assignment), assignment.payload)
  }
  if (delivery.type === 'call_for_bids') {
    const { capabilities, ...call } = delivery.call
    const bids: ChannelFrame = { type: 'call_for_bids', ...call, capabilities: [...capabilities] }
    return format.encode(bids)
  }
  if (delivery.type === 'training') {
    const { deadlineAt, shape, ...notice } = delivery.notice
    return format.encode({
      type: 'training.round',
      ...notice,
      shape: [...shape],
      deadline: wireTime(deadlineAt),
    })
  }
  const { reason } = delivery
  const frame: ChannelFrame =
    delivery.type === 'drain'
      ? { type: 'drain', reason }
      : { type: delivery.type === 'canceled' ? 'task.canceled' : 'task.revoked', ...delivery.held, reason }
  return format.encode(frame)
}
