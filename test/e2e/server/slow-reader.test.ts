import { describe, expect, it } from 'vitest'
import { SYSTEM_OPERATIONS } from '#contract/operations/system-operations.ts'
import { ChannelAgents } from '../../helpers/channel-agents.ts'
import { eventually } from '../../helpers/eventually.ts'
import { FrameClient } from '../../helpers/frame-client.ts'
import { startTestNode } from '../../helpers/test-node.ts'

/** More than the kernel holds for a connection that is not read, at about a kilobyte each. */
const REPORTS = 16_000
const MESSAGE = 'x'.repeat(1_000)

describe('a subscriber that does not read', () => {
  it('is not read the log for, and misses nothing once it reads again', async () => {
    const node = await startTestNode({ AMOS_DURABILITY: 'committed' })
    const agents = new ChannelAgents(node.url)
    const agentId = await agents.register()
    const channel = await agents.welcomed(agentId)
    const taskId = await agents.submitFor(agentId)
    const { fencingToken } = await channel.next('task.assigned')
    const stream = await FrameClient.open(node.url, '/v1/swarms/default/stream')
    stream.send({ type: 'subscribe', requestId: 1, since: '0', types: ['amos.task.progress'] })
    await stream.next('ack')
    stream.socket.pause()

    for (let report = 1; report <= REPORTS; report += 1) {
      const message = `${report} ${MESSAGE}`
      const requestId = report === REPORTS ? { requestId: 'last' } : {}
      channel.send({ type: 'task.progress', taskId, fencingToken, message, ...requestId })
    }
    expect(await channel.next('ack')).toMatchObject({ requestId: 'last' })
    const sent = await eventually(async () => {
      const before = await eventsSent(agents)
      await new Promise((resolve) => setTimeout(resolve, 200))
      return before === (await eventsSent(agents)) && before
    })
    expect(sent).toBeLessThan(REPORTS)

    stream.socket.resume()
    for (let report = 1; report <= REPORTS; report += 1) {
      const { event } = await stream.next('event')
      expect((event.data as { message: string }).message.startsWith(`${report} `)).toBe(true)
    }
    await node.close()
  })
})

async function eventsSent(agents: ChannelAgents): Promise<number> {
  const text: unknown = (await agents.client.call(SYSTEM_OPERATIONS.getMetrics)).body
  const [, count] = /^amos_stream_events_sent_total (\d+)$/m.exec(text as string) ?? []
  return Number(count)
}
