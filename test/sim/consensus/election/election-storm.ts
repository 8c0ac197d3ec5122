import type { StepFault } from '#simulation/memory/memory-swarm-store.ts'
import { SeededRandom } from '#simulation/seeded-random.ts'
import { toyKey } from '#simulation/toy-signatures.ts'
import { Cluster, type TestAgent, type TestNode } from '../../../unit/domain/cluster.ts'
import { AgentVoter } from '../../../unit/election/agent-voter.ts'
import { keyless, leadersByTerm } from '../../../unit/election/electing-swarm.ts'

const SELF_VOTERS = ['a', 'b', 'c', 'd', 'e', 'f']
const HOSTED_VOTERS = ['k1', 'k2', 'k3']
const TURNS = 60
/** A dead node's claim lapses after 2 s; the others look every 500 ms. */
const TAKEOVER_MS = 3_000
/** The patience with a lost electorate, twice, and the time to elect. */
const CALM_MS = 25_000

export interface StormReport {
  /** Elections with more than one winner; none, or the hub or a voter is broken. */
  readonly doubleTerms: readonly string[]
  readonly electionsWon: number
  /** In the calm after the storm. */
  readonly epoch: number
  readonly leaderEpoch: number
  readonly leaderId: string | null
  readonly topologyLeaderId: string | null
  readonly committee: readonly string[]
  /** Members that the committee knows by a key they do not vote with. */
  readonly staleKeys: readonly string[]
}

export const ALL_VOTERS = [...SELF_VOTERS, ...HOSTED_VOTERS]

export async function raiseStorm(seed: number): Promise<StormReport> {
  const storm = new ElectionStorm(seed)
  await storm.begin()
  await storm.rage()
  await storm.calm()
  const { service } = storm.node
  const { leadership, voters, epoch } = await service.consensus.leader()
  const winners = await winnersIn(storm)
  return {
    doubleTerms: [...winners].flatMap(([term, { size }]) => (size > 1 ? [term] : [])),
    electionsWon: winners.size,
    epoch,
    leaderEpoch: leadership.epoch,
    leaderId: leadership.leaderId,
    topologyLeaderId: (await service.topology.view()).leaderId,
    committee: voters.map(({ agentId }) => agentId).toSorted(),
    staleKeys: storm.voters
      .filter(({ id, key }) => voters.some((one) => one.agentId === id && one.publicKey !== key.publicKey))
      .map(({ id }) => id),
  }
}

/** By what voters know of themselves, and by the event log. */
async function winnersIn({ voters, node }: ElectionStorm): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const winners = new Map<string, Set<string>>()
  const note = (term: string, winner: string): void => {
    winners.set(term, (winners.get(term) ?? new Set()).add(winner))
  }
  for (const { won } of voters)
    for (const { epoch, term, leaderId } of won) note(`${epoch}/${term}`, leaderId)
  for (const [term, believed] of await leadersByTerm(node))
    for (const leaderId of believed) note(term, leaderId)
  return winners
}

/** A swarm under one seed's faults: agents that go, come back and take new keys, nodes that die, a store that refuses. */
class ElectionStorm {
  readonly random: SeededRandom
  readonly cluster: Cluster
  readonly voters: AgentVoter[] = []
  keyless: readonly TestAgent[] = []
  node!: TestNode
  #fault: StepFault | undefined
  #keysMade = 0

  constructor(seed: number) {
    this.random = new SeededRandom(seed)
    this.cluster = new Cluster({ faultFor: () => this.#fault })
  }

  async begin(): Promise<void> {
    this.node = await this.cluster.node()
    this.keyless = await keyless(this.node, ...HOSTED_VOTERS)
    for (const name of SELF_VOTERS) {
      const voter = new AgentVoter(name, this.node, this.cluster)
      this.voters.push(voter)
      await this.#come(voter)
    }
  }

  async rage(): Promise<void> {
    const { random, cluster } = this
    for (let turn = 0; turn < TURNS; turn += 1) {
      await cluster.pass(random.integer(400))
      if (turn % 10 === 0) await this.#attachKeyless()
      const voter = random.pick(this.voters)
      const dice = random.next()
      if (dice < 0.6) await (voter.isConnected ? this.#go(voter) : this.#come(voter))
      else if (dice < 0.7) await this.#rekey(voter)
      else if (dice < 0.8)
        this.#fault = random.pick([undefined, { fail: 'before_commit' }, { fail: 'after_commit' }])
      else if (dice < 0.85) await this.#replaceNode()
    }
  }

  async calm(): Promise<void> {
    this.#fault = undefined
    for (const voter of this.voters) if (!voter.isConnected) await this.#come(voter)
    for (let passedMs = 0; passedMs < CALM_MS; passedMs += 5_000) {
      await this.#attachKeyless()
      await this.cluster.pass(5_000)
    }
  }

  /** They show themselves often enough to stay. */
  async #attachKeyless(): Promise<void> {
    for (const agent of this.keyless)
      await this.cluster.settle(agent.attach([], this.node)).catch(() => undefined)
  }

  async #go(voter: AgentVoter): Promise<void> {
    await this.#tried(voter, this.random.next() < 0.5 ? voter.die() : voter.disconnect())
  }

  async #come(voter: AgentVoter): Promise<void> {
    await this.#tried(
      voter,
      voter.register(undefined, this.node).then(() => voter.connect(this.node)),
    )
  }

  async #rekey(voter: AgentVoter): Promise<void> {
    this.#keysMade += 1
    await this.#tried(voter, voter.register(toyKey(`${voter.id} ${this.#keysMade}`), this.node))
  }

  async #replaceNode(): Promise<void> {
    this.#fault = undefined
    this.node.die()
    for (const voter of this.voters) voter.cutOff()
    this.node = await this.cluster.node()
    await this.cluster.pass(TAKEOVER_MS)
    for (const voter of this.voters) if (this.random.next() < 0.8) await this.#come(voter)
  }

  /** Where the store refuses, the agent begins again later. */
  async #tried(voter: AgentVoter, work: Promise<unknown>): Promise<void> {
    await this.cluster.settle(work).catch(() => voter.cutOff())
  }
}
