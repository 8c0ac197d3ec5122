import type { BudgetAmounts } from '#contract/control.ts'
import type { AgentFrame, AgentFrameOf } from '#contract/frames/agent-frames.ts'
import type { InboxAcknowledged } from '#contract/message.ts'
import type { HeartbeatReply } from '#domain/agents/agent-service.ts'
import type { ConsensusMessage } from '#domain/consensus/consensus-message.ts'
import type { Bid } from '#domain/distribution/auction/live-auctions.ts'
import type { HeldTask } from '#domain/model/assignment.ts'
import { assertNever } from '#domain/model/errors.ts'
import {
  type AgentId,
  type FencingToken,
  type SessionId,
  taskId,
  agentId as toAgentId,
} from '#domain/model/ids.ts'
import type { SendReply } from '#domain/model/message.ts'
import type { TaskRecord } from '#domain/model/task-record.ts'
import type { SwarmService } from '#domain/orchestration/swarm-service.ts'
import type { Ids } from '#domain/ports/random.ts'
import type { TaskReport } from '#domain/tasks/task-service.ts'
import { sendRequest } from '../routes/send-request.ts'
import type { FrameFormat } from '../sockets/frame-format.ts'

export interface AgentCallContext {
  readonly service: SwarmService
  readonly agentId: AgentId
  readonly sessionId: SessionId
  readonly format: FrameFormat
  readonly ids: Ids
}

/** What the `ack` of a frame carries. */
export type CallResult =
  | HeartbeatReply
  | Pick<TaskRecord, 'taskId' | 'status' | 'phase'>
  | SendReply
  | InboxAcknowledged
  | undefined

/** Does what a frame of an open channel asks for. */
export async function callService(
  frame: Exclude<AgentFrame, { type: 'hello' }>,
  context: AgentCallContext,
): Promise<CallResult> {
  const { agentId, sessionId, format } = context
  const { tasks, agents, messages, consensus } = context.service
  switch (frame.type) {
    case 'heartbeat':
      return agents.heartbeat({ agentId, sessionId, held: heldTasks(frame.held) })
    case 'task.accept':
      await tasks.accept(reportOf(frame, context))
      return undefined
    case 'task.progress':
      await tasks.progress({ ...reportOf(frame, context), ...progressOf(frame) })
      return undefined
    case 'task.complete':
      return outcome(
        await tasks.complete({
          ...reportOf(frame, context),
          ...usageOf(frame),
          result: format.opaqueText(frame.result, 'result'),
        }),
      )
    case 'task.fail': {
      const { failure, kind = 'retry' } = frame
      return outcome(await tasks.fail({ ...reportOf(frame, context), ...usageOf(frame), failure, kind }))
    }
    case 'task.release': {
      const { reason = 'released by the agent' } = frame
      return outcome(await tasks.release({ ...reportOf(frame, context), reason }))
    }
    case 'bid':
      await context.service.distribution.bid({ agentId, sessionId, ...bidOf(frame) })
      return undefined
    case 'drain':
      await agents.stopWork({ agentId, sessionId })
      return undefined
    case 'message.send': {
      const payload = format.opaqueText(frame.payload, 'payload')
      return messages.send(sendRequest(frame, payload, { from: agentId, sessionId }, context.ids))
    }
    case 'message.ack': {
      const { messageIds } = frame
      return { acknowledgedCount: await messages.acknowledge({ agentId, sessionId, messageIds }) }
    }
    case 'consensus':
      await consensus.hear({ agentId, sessionId, message: messageOf(frame) })
      return undefined
    case 'subscribe':
      await messages.subscribe({ agentId, sessionId, topics: frame.topics })
      return undefined
    default:
      return assertNever(frame)
  }
}

function progressOf({ ratio, message, waitsFor, status }: AgentFrameOf<'task.progress'>) {
  return {
    ...(ratio === undefined ? {} : { ratio }),
    ...(message === undefined ? {} : { message }),
    ...(waitsFor === undefined ? {} : { waitsFor: waitsFor.map((id) => toAgentId(id)) }),
    ...(status === undefined ? {} : { status }),
  }
}

function bidOf({ auctionId, price, isDeclined, promiseMs }: AgentFrameOf<'bid'>): Omit<Bid, 'agentId'> {
  return {
    auctionId,
    ...(price === undefined ? {} : { price }),
    ...(isDeclined === true ? { isDeclined } : {}),
    ...(promiseMs === undefined ? {} : { promiseMs }),
  }
}

export function heldTasks(held: readonly { taskId: string; fencingToken: number }[] | undefined): HeldTask[] {
  return (held ?? []).map((task) => ({
    taskId: taskId(task.taskId),
    fencingToken: task.fencingToken as FencingToken,
  }))
}

function reportOf(
  frame: { readonly taskId: string; readonly fencingToken: number },
  { agentId, sessionId }: AgentCallContext,
): TaskReport {
  return {
    agentId,
    sessionId,
    // The contract's pattern is the domain's, so that this cannot throw.
    taskId: taskId(frame.taskId),
    fencingToken: frame.fencingToken as FencingToken,
  }
}

/** What the attempt used, where the agent says it. */
function usageOf({ usage }: { readonly usage?: BudgetAmounts }): Pick<TaskReport, 'usage'> {
  return usage === undefined ? {} : { usage }
}

function outcome({ taskId, status, phase }: TaskRecord): CallResult {
  return { taskId, status, phase }
}

/** The contract's patterns are the domain's, so that its texts are what their names say. */
function messageOf({ body }: Extract<AgentFrame, { type: 'consensus' }>): ConsensusMessage {
  return body as unknown as ConsensusMessage
}
