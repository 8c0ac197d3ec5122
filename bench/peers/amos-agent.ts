import type { AgentFrame, ChannelFrame, ChannelFrameOf } from '#contract/frames/agent-frames.ts'
import type { RequestId } from '#contract/frames/frame.ts'
import type { AmosRest } from './amos-rest.ts'
import { AmosSocket } from './amos-socket.ts'

/** What the agents of the bench can do, and its tasks need. */
export const CAPABILITY = 'bench'

export type AssignedFrame = ChannelFrameOf<'task.assigned'>

export interface AmosAgentEvents {
  readonly onAssigned: (frame: AssignedFrame, agent: AmosAgent) => void
  /** The server has answered a completion, which therefore has the durability that was promised. */
  readonly onCompleted: () => void
  /** Its channel was closed, or something it said was refused for good; ends this process by default. */
  readonly onRefused?: (reason: string) => void
}

export async function registerAgent(rest: AmosRest, agentId: string, slots: number): Promise<void> {
  await rest.post('/default/agents', { agentId, slots, capabilities: [{ name: CAPABILITY }] })
}

/** An agent as bare as the protocol allows, so that the load costs little beside the server. */
export class AmosAgent {
  readonly #socket: AmosSocket
  readonly #events: AmosAgentEvents
  #onWelcome: () => void = () => undefined
  /** What to do with a refusal: of the agent at first, then of what it says. */
  #onRefusal: (reason: string) => void = throwRefusal
  /** Completions without an answer, by their `requestId`. */
  readonly #unanswered = new Map<RequestId, AssignedFrame>()
  #requests = 0

  private constructor(url: string, agentId: string, events: AmosAgentEvents) {
    this.#events = events
    const path = `/default/agents/${agentId}/channel`
    this.#socket = new AmosSocket(url, path, {
      onFrame: (text) => this.#receive(text),
      onEnd: (reason) => this.#onRefusal(reason),
    })
  }

  /** Opens the channel of a registered agent; resolves when the server has welcomed it, and rejects when it has not. */
  static async connect(url: string, agentId: string, events: AmosAgentEvents): Promise<AmosAgent> {
    const agent = new AmosAgent(url, agentId, events)
    const welcomed = new Promise<void>((resolve, reject) => {
      agent.#onWelcome = resolve
      agent.#onRefusal = (reason) => reject(new Error(reason))
    })
    // Together, so that no rejection goes unheard.
    await Promise.race([agent.#socket.opened(), welcomed])
    agent.#send({ type: 'hello' })
    await welcomed
    agent.#onRefusal = events.onRefused ?? throwRefusal
    return agent
  }

  complete(task: AssignedFrame): void {
    this.#requests += 1
    this.#unanswered.set(this.#requests, task)
    const { taskId, fencingToken } = task
    this.#send({ type: 'task.complete', requestId: this.#requests, taskId, fencingToken })
  }

  heartbeat(): void {
    this.#send({ type: 'heartbeat' })
  }

  close(): void {
    this.#socket.close()
  }

  #receive(text: string): void {
    const frame = JSON.parse(text) as ChannelFrame
    if (frame.type === 'task.assigned') this.#events.onAssigned(frame, this)
    else if (frame.type === 'ack') this.#onAck(frame.requestId)
    else if (frame.type === 'welcome') this.#onWelcome()
    else if (frame.type === 'error') this.#onError(frame)
    else this.#onRefusal(text)
  }

  #onAck(requestId: RequestId): void {
    this.#unanswered.delete(requestId)
    this.#events.onCompleted()
  }

  /** A completion is tried again where the server says when. */
  #onError(error: ChannelFrameOf<'error'>): void {
    const { requestId = 0, retryAfterMs } = error
    const task = this.#unanswered.get(requestId)
    this.#unanswered.delete(requestId)
    if (task === undefined || retryAfterMs === undefined) this.#onRefusal(JSON.stringify(error))
    else setTimeout(() => this.complete(task), retryAfterMs)
  }

  #send(frame: AgentFrame): void {
    this.#socket.send(frame)
  }
}

/** Under a load that fits nothing is refused, so that there is nothing to measure any more. */
function throwRefusal(reason: string): never {
  throw new Error(`an agent was refused: ${reason}`)
}
