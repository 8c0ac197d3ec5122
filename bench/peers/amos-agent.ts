import type { AgentFrame, ChannelFrame, ChannelFrameOf } from '#contract/frames/agent-frames.ts'
import type { AmosRest } from './amos-rest.ts'
import { AmosSocket } from './amos-socket.ts'

/** What the agents of the bench can do, and its tasks need. */
export const CAPABILITY = 'bench'

export type AssignedFrame = ChannelFrameOf<'task.assigned'>

export interface AmosAgentEvents {
  readonly onAssigned: (frame: AssignedFrame, agent: AmosAgent) => void
  /** The server has answered a completion, which therefore has the durability that was promised. */
  readonly onCompleted: () => void
}

export async function registerAgent(rest: AmosRest, agentId: string, slots: number): Promise<void> {
  await rest.post('/default/agents', { agentId, slots, capabilities: [{ name: CAPABILITY }] })
}

/** An agent as bare as the protocol allows, so that the load costs little beside the server. */
export class AmosAgent {
  readonly #socket: AmosSocket
  readonly #events: AmosAgentEvents
  #onAnswered: (frame: ChannelFrame) => void = () => undefined
  #isAnswered = false
  #completions = 0

  private constructor(url: string, agentId: string, events: AmosAgentEvents) {
    this.#events = events
    const path = `/default/agents/${agentId}/channel`
    this.#socket = new AmosSocket(url, path, (text) => this.#receive(text))
  }

  /** Opens the channel of a registered agent; resolves when the server has welcomed it, and rejects when it has not. */
  static async connect(url: string, agentId: string, events: AmosAgentEvents): Promise<AmosAgent> {
    const agent = new AmosAgent(url, agentId, events)
    const answered = new Promise<ChannelFrame>((resolve) => {
      agent.#onAnswered = resolve
    })
    await agent.#socket.opened()
    agent.#send({ type: 'hello' })
    const answer = await answered
    if (answer.type !== 'welcome') throw new Error(`${agentId} was told ${JSON.stringify(answer)}`)
    return agent
  }

  complete({ taskId, fencingToken }: AssignedFrame): void {
    this.#completions += 1
    this.#send({ type: 'task.complete', requestId: this.#completions, taskId, fencingToken })
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
    else if (frame.type === 'ack') this.#events.onCompleted()
    else if (!this.#isAnswered) this.#onAnswered(frame)
    // Ends this process, and with it the measurement: nothing is refused under a load that fits.
    else throw new Error(`an agent was told ${text}`)
    this.#isAnswered = true
  }

  #send(frame: AgentFrame): void {
    this.#socket.send(frame)
  }
}
