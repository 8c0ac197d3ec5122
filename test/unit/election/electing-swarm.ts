import type { SwarmEvent } from '#domain/model/events.ts'
import { dataOf } from '../../helpers/event-data.ts'
import {
  anAgent,
  Cluster,
  type ClusterOptions,
  eventsOf,
  type TestAgent,
  type TestNode,
} from '../domain/cluster.ts'
import { AgentVoter } from './agent-voter.ts'

/** A swarm whose agents vote in their own processes. */
export interface ElectingSwarm {
  readonly cluster: Cluster
  readonly node: TestNode
  readonly voters: AgentVoter[]
}

export async function swarmOf(count: number, options: ClusterOptions = {}): Promise<ElectingSwarm> {
  const cluster = new Cluster(options)
  const node = await cluster.node()
  const swarm = { cluster, node, voters: [] }
  for (let at = 1; at <= count; at += 1) await joined(swarm, `v${String(at).padStart(2, '0')}`)
  return swarm
}

/** One more that votes itself. */
export async function joined({ cluster, node, voters }: ElectingSwarm, name: string): Promise<AgentVoter> {
  const voter = new AgentVoter(name, node, cluster)
  voters.push(voter)
  await cluster.settle(voter.register())
  await cluster.settle(voter.connect())
  return voter
}

/** Agents without keys: the hub votes for them. */
export async function keyless(node: TestNode, ...names: string[]): Promise<readonly TestAgent[]> {
  return Promise.all(names.map((name) => anAgent(name, node)))
}

export async function leaderIn({ node, voters }: ElectingSwarm): Promise<AgentVoter | undefined> {
  const { leadership } = await node.service.consensus.leader()
  return voters.find(({ id }) => id === leadership.leaderId)
}

export async function eventsNamed(node: TestNode, type: string): Promise<readonly SwarmEvent[]> {
  return (await eventsOf(node)).filter((event) => event.type === type)
}

/** For each (epoch, term), those that were on record as its leader; never more than one. */
export async function leadersByTerm(node: TestNode): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const leaders = new Map<string, Set<string>>()
  for (const event of await eventsNamed(node, 'leader.elected')) {
    const { subject } = event
    const place = `${String(dataOf(event, 'epoch'))}/${String(dataOf(event, 'term'))}`
    leaders.set(place, (leaders.get(place) ?? new Set()).add(subject))
  }
  return leaders
}
