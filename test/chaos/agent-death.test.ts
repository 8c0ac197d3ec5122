import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { SwarmClient } from '#sdk/index.ts'
import type { AgentFleet, AgentProcess } from '../helpers/chaos/agent-fleet.ts'
import type { Execution } from '../helpers/chaos/agent-journal.ts'
import { printFigures, seconds } from '../helpers/chaos/report.ts'
import { Scene } from '../helpers/chaos/scene.ts'
import { LEASE_MS } from '../helpers/chaos/server-process.ts'
import { eventually } from '../helpers/eventually.ts'

/** What is exact under the virtual clock gets threefold slack here, where processes share two cores. */
const SLACK = 3
const SILENT_MS_MAX = SLACK * (LEASE_MS + 1_000)
const CLOSED_MS_MAX = SLACK * 2_000

describe('a task whose agent', () => {
  let scene: Scene
  let fleet: AgentFleet
  let client: SwarmClient

  beforeEach(async () => {
    scene = new Scene()
    await scene.startServer()
    fleet = await scene.startAgents({ count: 4 })
    client = new SwarmClient({ url: scene.urls })
  })
  afterEach(() => scene.close())

  /** A task that takes long enough for something to happen meanwhile, and who works on it. */
  const taskAtWork = async (
    workMs: number,
  ): Promise<{ taskId: string; first: Execution; agent: AgentProcess }> => {
    const { taskId } = await client.submit({ type: 'chaos', payload: { workMs } })
    const first = await whenExecuted(taskId, 1)
    return { taskId, first, agent: fleet.agents.find(({ agentId }) => agentId === first.agentId)! }
  }
  const whenExecuted = (taskId: string, times: number, timeoutMs = 30_000): Promise<Execution> =>
    eventually(
      async () => (await fleet.executions()).filter((execution) => execution.taskId === taskId)[times - 1],
      { timeoutMs, what: `execution ${times} of ${taskId}` },
    )
  const outcomeOf = async (taskId: string) => {
    const { events } = await client.readEvents({ since: '0', subject: taskId, pageSize: 100 })
    return events.map(({ type }) => type.replace('amos.task.', ''))
  }

  it('is killed goes to another as soon as its channel has stayed closed', async () => {
    const { taskId, first, agent } = await taskAtWork(1_500)
    const killedAt = Date.now()
    await agent.kill9()
    const second = await whenExecuted(taskId, 2)
    const reassignedMs = second.at - killedAt

    const task = await client.waitForTask(taskId, { timeoutMs: 20_000 })
    expect(second.agentId).not.toBe(first.agentId)
    expect(second.fencingToken).toBeGreaterThan(first.fencingToken)
    expect(task).toMatchObject({ status: 'completed', result: { fencingToken: second.fencingToken } })
    expect((await outcomeOf(taskId)).filter((type) => type === 'completed')).toHaveLength(1)

    // It starts again under its id, and is given work again.
    agent.start()
    await eventually(async () => (await client.getAgent(agent.agentId)).status === 'online')
    printFigures('agent killed', `at work elsewhere after ${seconds(reassignedMs)}`)
    expect(reassignedMs).toBeLessThan(CLOSED_MS_MAX)
  })

  it('is stopped for three leases goes to another, and nothing the first still says counts', async () => {
    const { taskId, first, agent } = await taskAtWork(1_500)
    const pausedAt = Date.now()
    agent.pause()
    const second = await whenExecuted(taskId, 2)
    const reassignedMs = second.at - pausedAt
    const task = await client.waitForTask(taskId, { timeoutMs: 20_000 })
    expect(task).toMatchObject({ status: 'completed', result: { fencingToken: second.fencingToken } })

    await eventually(() => Date.now() - pausedAt >= 3 * LEASE_MS)
    agent.resume()
    // It wakes up with its work done, says so, and is told that the task is not its own any more.
    const [lost] = await eventually(async () => {
      const tasks = await agent.lostTasks()
      return tasks.length > 0 && tasks
    })
    expect(lost).toMatchObject({ taskId })
    const late = client.completeTask(taskId, {
      agentId: first.agentId,
      fencingToken: first.fencingToken,
      result: 'too late',
    })
    await expect(late).rejects.toMatchObject({ code: 'lease_lost', status: 409 })
    expect(await client.getTask(taskId)).toEqual(task)
    expect((await outcomeOf(taskId)).filter((type) => type === 'completed')).toHaveLength(1)

    await eventually(async () => (await client.getAgent(agent.agentId)).status === 'online')
    printFigures('agent stopped for three leases', `at work elsewhere after ${seconds(reassignedMs)}`)
    expect(reassignedMs).toBeLessThan(SILENT_MS_MAX)
  })
})
