import { AGENT_OPERATIONS } from '#contract/operations/agent-operations.ts'
import { SYSTEM_OPERATIONS } from '#contract/operations/system-operations.ts'
import { TASK_OPERATIONS } from '#contract/operations/task-operations.ts'
import { type AnswerBody, ContractClient } from './contract-client.ts'
import { FrameClient, type FrameClientOptions } from './frame-client.ts'

/** Agents on channels of one server: each with a skill nobody else has, so that tests do not take each other's work. */
export class ChannelAgents {
  readonly client: ContractClient
  readonly #opened: FrameClient[] = []

  constructor(url: string) {
    this.client = new ContractClient(url)
  }

  /** Registers an agent. @returns its id, which is its skill as well */
  async register(): Promise<string> {
    const agentId = `agent-${crypto.randomUUID()}`
    const body = { agentId, capabilities: [{ name: agentId }] }
    await this.client.call(AGENT_OPERATIONS.registerAgent, { body })
    return agentId
  }

  async connect(agentId: string, options?: FrameClientOptions): Promise<FrameClient> {
    const path = `/v1/swarms/default/agents/${agentId}/channel`
    const channel = await FrameClient.open(this.client.url, path, options)
    this.#opened.push(channel)
    return channel
  }

  async welcomed(agentId: string, options?: FrameClientOptions): Promise<FrameClient> {
    const channel = await this.connect(agentId, options)
    channel.send({ type: 'hello' })
    await channel.next('welcome')
    return channel
  }

  /** A task that only this agent can do. @returns its id */
  async submitFor(agentId: string, task: object = {}): Promise<string> {
    const body = { type: 'test', capabilities: [agentId], ...task }
    return (await this.client.call(TASK_OPERATIONS.submitTask, { body })).body.taskId
  }

  async task(taskId: string): Promise<AnswerBody> {
    return (await this.client.call(TASK_OPERATIONS.getTask, { params: { taskId } })).body
  }

  async closeAll(): Promise<void> {
    await Promise.all(this.#opened.splice(0).map((channel) => channel.close()))
  }

  /** @throws Error where the server does not answer any more */
  async checkLiveness(): Promise<void> {
    const { status } = await this.client.call(SYSTEM_OPERATIONS.getLiveness)
    if (status !== 200) throw new Error(`the server answers ${status}`)
  }
}
