import type { ChannelFrame } from '#contract/frames/agent-frames.ts'
import type { AgentDelivery } from '#domain/orchestration/assignment.ts'
import type { FrameFormat } from '../sockets/frame-format.ts'
import { assignmentView } from '../views/assignment-view.ts'
import { messageView } from '../views/message-view.ts'

/** What the swarm tells an agent, as a frame; what ends the channel is not told by one of these. */
export function encodeDelivery(
  delivery: Exclude<AgentDelivery, { type: 'superseded' | 'reattach' }>,
  format: FrameFormat,
): string | Buffer {
  if (delivery.type === 'assigned') {
    const { assignment } = delivery
    return format.encodeWithPayload(
      { type: 'task.assigned', ...assignmentView(assignment) },
      assignment.payload,
    )
  }
  if (delivery.type === 'message') {
    const { payload, ...message } = messageView(delivery.message)
    return format.encodeWithPayload({ type: 'message', ...message }, payload)
  }
  const { reason } = delivery
  const frame: ChannelFrame =
    delivery.type === 'drain'
      ? { type: 'drain', reason }
      : { type: delivery.type === 'canceled' ? 'task.canceled' : 'task.revoked', ...delivery.held, reason }
  return format.encode(frame)
}
