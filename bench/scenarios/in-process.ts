import { agentId, jsonText, sessionId } from '#domain/model/ids.ts'
import type { TopologySettings } from '#domain/model/topology-settings.ts'
import { agentSpec, Cluster, type TestNode } from '../../test/unit/domain/cluster.ts'
import { Histogram } from '../harness/histogram.ts'
import type { Contender, Sample, Scenario } from '../harness/scenario.ts'

const MESSAGES = 20_000
const PAYLOAD = jsonText(JSON.stringify({ note: 'x'.repeat(240) }))

/** From the call that sends a message until its receiver's connection is handed it, without sockets. */
function inProcess(count: number): Scenario {
  const contender = (name: string, topology: TopologySettings): Contender => ({
    name,
    about: `the domain over a store in memory, ${count} agents`,
    open: async () => {
      const node = await swarmOf(count, topology)
      return {
        round: ({ scale }) => measure(node, count, Math.ceil(MESSAGES * scale)),
        close: () => node.swarm.close(),
      }
    },
  })
  return {
    name: `in-process-${count}`,
    title: `In-process delivery, ${count} agents, 256-byte messages, one at a time`,
    metrics: [
      { name: 'p50', unit: 'µs', better: 'lower' },
      { name: 'p99', unit: 'µs', better: 'lower' },
    ],
    baseline: 'mesh',
    contenders: [
      contender('mesh', { kind: 'mesh' }),
      contender('hierarchical', { kind: 'hierarchical', branching: 4 }),
      contender('ring', { kind: 'ring', direction: 'two_way' }),
    ],
    bars: ['mesh', 'hierarchical', 'ring'].map((name) => ({
      contender: name,
      metric: 'p99',
      of: 'value',
      limit: 100,
    })),
  }
}

export const inProcess10 = inProcess(10)
export const inProcess100 = inProcess(100)
export const inProcess1000 = inProcess(1_000)

async function swarmOf(count: number, topology: TopologySettings): Promise<TestNode> {
  const node = await new Cluster().node()
  await node.service.swarm.update({ topology })
  const { nodeId } = node.infra.coordination
  for (let index = 0; index < count; index += 1) {
    const id = nameOf(index)
    await node.service.agents.register({ agentId: id, spec: agentSpec(id), isNew: true })
    await node.service.agents.attach({ agentId: id, nodeId, sessionId: sessionId(id), held: [] })
  }
  return node
}

async function measure(node: TestNode, count: number, messages: number): Promise<Sample> {
  const orchestrator = node.swarm.gateway.orchestrator
  if (orchestrator === undefined) throw new Error('the node coordinates its swarm')
  let begun = 0
  let tookMs = 0
  node.sessions.deliver = () => {
    tookMs = performance.now() - begun
    return true
  }
  const latencies = new Histogram()
  for (let index = 0; index < messages; index += 1) {
    const from = nameOf(index % count)
    const to = { kind: 'agent', agentId: nameOf((index * 7 + 1) % count) } as const
    const message = {
      messageId: `m-${index}`,
      from,
      sessionId: sessionId(from),
      to,
      kind: 'message',
    } as const
    begun = performance.now()
    await orchestrator.service.messages.send({ ...message, isDurable: false, payload: PAYLOAD })
    latencies.record(tookMs * 1_000)
  }
  return { p50: latencies.quantile(0.5), p99: latencies.quantile(0.99) }
}

function nameOf(index: number) {
  return agentId(`agent-${index}`)
}
