import { DEFAULT_THRESHOLD } from '#domain/consensus/proposal.ts'
import type { ProposeRequest } from '#domain/consensus-engine/proposals/proposal-requests.ts'
import { jsonText, type ProposalId, proposalId } from '#domain/model/ids.ts'
import type { StepFault } from '#simulation/memory/memory-swarm-store.ts'
import { pass, VotingAgent } from '../../helpers/decision/voting-agent.ts'
import { anAgent, Cluster, type ClusterOptions, type TestAgent, type TestNode } from '../domain/cluster.ts'

export const merge = proposalId('merge-42')

export function asked(changes: Partial<ProposeRequest> = {}): ProposeRequest {
  return {
    proposalId: merge,
    title: 'Merge change 42?',
    payload: jsonText('{"change":42}'),
    mode: 'approval',
    threshold: DEFAULT_THRESHOLD,
    deadlineMs: 5_000,
    electorate: { kind: 'all' },
    weights: {},
    proposedBy: 'ci',
    ...changes,
  }
}

export interface Table {
  readonly cluster: Cluster
  readonly node: TestNode
  readonly agents: VotingAgent[]
}

/** Agents that hold their own keys, around one node. */
export async function table(
  count: number,
  choose: (at: number, id: ProposalId) => string | null = () => 'approve',
  options: ClusterOptions = {},
): Promise<Table> {
  const cluster = new Cluster(options)
  const node = await cluster.node()
  const agents = Array.from(
    { length: count },
    (_, at) =>
      new VotingAgent({ name: `v${at}`, choose: (id) => choose(at, id) }, { node, clock: cluster.clock }),
  )
  for (const agent of agents) await agent.join()
  return { cluster, node, agents }
}

/** The proposal is open and the agents have heard of it. */
export async function opened({ cluster, node, agents }: Table): Promise<void> {
  await node.service.consensus.propose(asked())
  await pass(cluster, agents, 0)
}

export interface HostedTable {
  readonly cluster: Cluster
  readonly node: TestNode
  readonly agents: readonly TestAgent[]
  /** What happens to the next steps of the store, in turn; taken off the front. */
  readonly faults: (StepFault | undefined)[]
  vote(
    agent: TestAgent,
    choice: string,
    reason?: string,
  ): ReturnType<TestNode['service']['consensus']['castBallot']>
}

/** Agents whose keys the hub holds, around one node. */
export async function hostedTable(count: number): Promise<HostedTable> {
  const faults: (StepFault | undefined)[] = []
  const cluster = new Cluster({ faultFor: () => faults.shift() })
  const node = await cluster.node()
  const agents: TestAgent[] = []
  for (let at = 0; at < count; at += 1) agents.push(await anAgent(`h${at}`, node))
  return {
    cluster,
    node,
    agents,
    faults,
    vote: ({ id }, choice, reason) =>
      node.service.consensus.castBallot({
        proposalId: merge,
        agentId: id,
        choice,
        ...(reason === undefined ? {} : { reason }),
      }),
  }
}
