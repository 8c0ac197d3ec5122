import { chooseCommittee, electorateLostSince, nextVoterChange } from '#domain/consensus/raft/committee.ts'
import { isQuorum } from '#domain/consensus/raft/quorum.ts'
import { genesisOf, RAFT_TIMING } from '#domain/consensus/raft/raft-state.ts'
import { stepRaft } from '#domain/consensus/raft/step.ts'
import { electorateEpoch } from '#domain/consensus/raft/term.ts'
import { votersOf } from '#domain/consensus/raft/voter-log.ts'
import { type AgentId, agentId, epochMs, type MonotonicMs, monotonicMs } from '#domain/model/ids.ts'
import { SeededRandom } from '#simulation/seeded-random.ts'
import { VirtualTime } from '../bft/virtual-time.ts'
import { HostileNetwork } from './hostile-network.ts'
import { Observer } from './observer.ts'
import { type Mutant, SimulatedVoter } from './simulated-voter.ts'

export interface RaftReport {
  readonly violations: readonly string[]
  readonly doubleVoteCount: number
  readonly electionCount: number
  readonly voterChangeCount: number
  readonly epoch: number
  /** Until all live voters follow one leader, from the end of the faults or of the hub's patience on. */
  readonly calmToLeaderMs: number
  readonly calmCampaigns: number
}

const FAULTS_MS = 4_000
/** Of the hub, with an electorate whose majority is gone; shorter than in earnest, to see it often. */
const PATIENCE_MS = 1_500
const CALM_LIMIT_MS = 3_000
/** Loyalty to a leader that is gone, then two waits for one, each at its longest. */
export const CALM_TO_LEADER_MAX_MS = 200 + 2 * 400 + 200

export function simulateRaft(seed: number, mutant: Mutant = {}): RaftReport {
  return new Simulation(seed, mutant).run()
}

/** A swarm of up to nine agents under every fault at once, then in peace; one seed, one history. */
class Simulation {
  readonly #random: SeededRandom
  readonly #time = new VirtualTime()
  readonly #network: HostileNetwork
  readonly #observer: Observer
  readonly #agents: readonly SimulatedVoter[]
  /** They do not come back. */
  readonly #dead = new Set<AgentId>()
  #electorate: { readonly epoch: number; readonly voters: readonly AgentId[] }
  #lostSince: MonotonicMs | null = null
  #isCalm = false
  /** Since when nothing but the voters themselves could keep them from electing. */
  #calmSince = 0
  #campaignsBeforeCalm = 0

  constructor(seed: number, mutant: Mutant) {
    this.#random = new SeededRandom(seed)
    const ids = Array.from({ length: 1 + this.#random.integer(9) }, (_, at) => agentId(`v${at}`))
    const voters = ids.slice(0, 1 + this.#random.integer(ids.length))
    this.#electorate = { epoch: 1, voters }
    this.#observer = new Observer(voters)
    this.#network = new HostileNetwork(this.#random.fork(), this.#time, (message) =>
      this.#agent(message.to).take({ type: 'message_received', message }),
    )
    const modules = {
      time: this.#time,
      step: mutant.step ?? stepRaft,
      mutant,
      send: (message: Parameters<HostileNetwork['send']>[0]) => this.#network.send(message),
      onEffect: this.#observer.onEffect.bind(this.#observer),
      onDone: this.#observer.onDone.bind(this.#observer),
    }
    const genesis = genesisOf(electorateEpoch(1), voters)
    this.#agents = ids.map(
      (id) => new SimulatedVoter(id, genesis, { ...modules, random: this.#random.fork() }),
    )
  }

  run(): RaftReport {
    this.#every(100, () => this.#hubLooks())
    this.#planFault()
    this.#network.turn()
    this.#time.runUntil(FAULTS_MS, () => false)
    this.#calmDown()
    const leaderAt = this.#awaitLeader()
    const { violations, campaigns } = this.#observer
    const calmCampaigns = campaigns.size - this.#campaignsBeforeCalm
    this.#checkStable()
    return {
      violations,
      doubleVoteCount: this.#observer.doubleVotes.length,
      electionCount: this.#observer.electionCount,
      voterChangeCount: this.#observer.voterChangeCount,
      epoch: this.#electorate.epoch,
      calmToLeaderMs: leaderAt - this.#calmSince,
      calmCampaigns,
    }
  }

  /** Everybody who is not gone for good is back, and the network behaves. */
  #calmDown(): void {
    this.#isCalm = true
    this.#lostSince = null
    this.#network.calm()
    for (const agent of this.#agents) if (!this.#dead.has(agent.id)) this.#restart(agent)
    this.#startCalm()
  }

  #startCalm(): void {
    this.#calmSince = this.#time.nowMs
    this.#campaignsBeforeCalm = this.#observer.campaigns.size
  }

  /** Since when there is a leader that everybody follows, and still does when it was heard of twice. */
  #awaitLeader(): number {
    const limit = FAULTS_MS + 2 * PATIENCE_MS + CALM_LIMIT_MS
    while (this.#time.runUntil(limit, () => this.#isFollowed())) {
      const leaderAt = this.#time.nowMs
      const { campaigns } = this.#observer
      const before = campaigns.size
      this.#time.runUntil(leaderAt + 2 * RAFT_TIMING.heartbeatMs + 20, () => false)
      if (campaigns.size === before && this.#isFollowed()) return leaderAt
    }
    this.#observer.violations.push('no leader long after the faults ended')
    return limit
  }

  /** Who leads at peace goes on leading. */
  #checkStable(): void {
    const { violations, campaigns } = this.#observer
    const before = campaigns.size
    this.#time.runUntil(this.#time.nowMs + 1_000, () => false)
    if (!this.#isFollowed()) violations.push('the leader lost its followers at peace')
    if (campaigns.size !== before) violations.push('somebody campaigned against a leader at peace')
  }

  /** Every live voter follows one leader, and they are a majority. */
  #isFollowed(): boolean {
    const leader = this.#agents.find(
      ({ isUp, state, saved }) =>
        isUp && state.role.type === 'leader' && saved.epoch === this.#electorate.epoch,
    )
    if (leader === undefined) return false
    const { term, log } = leader.state.durable
    if (!votersOf(log).includes(leader.id)) return false
    const live = votersOf(log).filter((id) => this.#agent(id).isUp)
    if (!isQuorum(votersOf(log), (id) => live.includes(id))) return false
    return live.every((id) => {
      const { state } = this.#agent(id)
      return state.leaderId === leader.id && state.durable.term === term
    })
  }

  #planFault(): void {
    this.#time.after(-Math.log(1 - this.#random.next()) * 120, () => {
      if (this.#isCalm) return
      this.#fault()
      this.#planFault()
    })
  }

  #fault(): void {
    const random = this.#random
    const agent = random.pick(this.#agents)
    const other = random.pick(this.#agents)
    const dice = random.integer(24)
    if (dice < 4) agent.crash()
    else if (dice < 10) this.#restart(agent)
    else if (dice < 12) this.#network.cut(agent.id, other.id)
    else if (dice < 13)
      this.#network.split(
        [agent.id],
        this.#idsWhere(() => true),
      )
    else if (dice < 14) {
      const one = new Set(this.#idsWhere(() => random.next() < 0.5))
      this.#network.split(
        [...one],
        this.#idsWhere((id) => !one.has(id)),
      )
    } else if (dice < 17) this.#network.mend()
    else if (dice < 18) this.#network.turn()
    else if (dice < 20) this.#hint(agent)
    else if (dice < 21) agent.take({ type: 'transfer_asked', to: other.id })
    else if (dice < 23) {
      const type = random.pick(['add', 'remove'] as const)
      this.#leaderOr(agent).take({ type: 'voter_change_asked', change: { type, agentId: other.id } })
    } else if (random.next() < 0.5) {
      this.#removeLeaderUnheard()
    } else if (random.next() < 0.3) this.#killMajority()
  }

  /** True or not: the hub says that a leader is gone. */
  #hint(agent: SimulatedVoter): void {
    const leaderId = this.#random.pick([null, agent.state.leaderId])
    for (const each of this.#agents) {
      if (this.#random.next() < 0.8) each.take({ type: 'leader_gone', leaderId })
    }
  }

  /** Its removal is in no log but its own, and it is cut off. */
  #removeLeaderUnheard(): void {
    const leader = this.#leaderOr(undefined)
    if (leader === undefined) return
    this.#network.split(
      [leader.id],
      this.#idsWhere(() => true),
    )
    leader.take({ type: 'voter_change_asked', change: { type: 'remove', agentId: leader.id } })
  }

  #killMajority(): void {
    const { voters } = this.#observer.newestVoters
    if (voters.length === this.#agents.length || this.#dead.size > 0) return
    for (const voter of voters.slice(0, Math.floor(voters.length / 2) + 1)) {
      this.#dead.add(voter)
      this.#agent(voter).crash()
    }
  }

  /** Coordinates: removes who is gone, and starts a new electorate where a majority of the old one is. */
  #hubLooks(): void {
    const at = monotonicMs(this.#time.nowMs)
    const { newestVoters } = this.#observer
    const { voters } = newestVoters.epoch < this.#electorate.epoch ? this.#electorate : newestVoters
    const live = this.#agents.filter(({ isUp }) => isUp)
    const candidates = live.map(({ id }, order) => ({
      agentId: id,
      holdsOwnKey: true,
      registeredAt: epochMs(order),
    }))
    const hasLeader = live.some(
      ({ state }) => state.role.type === 'leader' && state.durable.epoch === this.#electorate.epoch,
    )
    const isLive = (id: AgentId) => this.#agent(id).isUp
    this.#lostSince = electorateLostSince(this.#lostSince, { voters, isLive, hasLeader }, at)
    if (this.#lostSince !== null && at - this.#lostSince >= PATIENCE_MS && live.length > 0) {
      this.#electorate = { epoch: this.#electorate.epoch + 1, voters: chooseCommittee(candidates) }
      this.#lostSince = null
      for (const agent of live) this.#tellElectorate(agent)
      if (this.#isCalm) this.#startCalm()
      if (this.#isCalm && this.#dead.size === 0) {
        this.#observer.violations.push('nobody was elected, though all were live and none had to be given up')
      }
      return
    }
    const change = nextVoterChange(voters, candidates)
    // In peace only those who are gone for good are missed, and newcomers would be no fault.
    if (change === undefined || (this.#isCalm && change.type === 'add')) return
    this.#leaderOr(live[0])?.take({ type: 'voter_change_asked', change })
  }

  #restart(agent: SimulatedVoter): void {
    if (agent.isUp || this.#dead.has(agent.id)) return
    agent.restart()
    this.#tellElectorate(agent)
  }

  #tellElectorate(agent: SimulatedVoter): void {
    const { epoch, voters } = this.#electorate
    agent.take({ type: 'electorate_logged', epoch: electorateEpoch(epoch), voters })
  }

  #leaderOr<T extends SimulatedVoter | undefined>(other: T): SimulatedVoter | T {
    return this.#agents.find(({ isUp, state }) => isUp && state.role.type === 'leader') ?? other
  }

  #idsWhere(isWanted: (id: AgentId) => boolean): readonly AgentId[] {
    return this.#agents.map(({ id }) => id).filter((id) => isWanted(id))
  }

  #agent(id: AgentId): SimulatedVoter {
    return this.#agents.find((agent) => agent.id === id)!
  }

  #every(ms: number, run: () => void): void {
    this.#time.after(ms, () => {
      run()
      this.#every(ms, run)
    })
  }
}
