import { type DurableState, genesisOf } from '#domain/consensus/raft/raft-state.ts'
import { stepRaft } from '#domain/consensus/raft/step.ts'
import { electorateEpoch } from '#domain/consensus/raft/term.ts'
import { type AgentId, agentId } from '#domain/model/ids.ts'
import { SeededRandom } from '#simulation/seeded-random.ts'
import { VirtualTime } from '../bft/virtual-time.ts'
import { HostileNetwork } from './hostile-network.ts'
import { Observer } from './observer.ts'
import { SimulatedVoter } from './simulated-voter.ts'

/** Voters v0, v1, … over ways of 0.5 to 3.5 ms, with records that take up to 5 ms, and no faults but those a test makes. */
export interface Swarm {
  readonly time: VirtualTime
  readonly random: SeededRandom
  readonly network: HostileNetwork
  readonly observer: Observer
  readonly voters: readonly SimulatedVoter[]
}

/** @param resume what a voter has on record when it starts. */
export function swarmOf(
  count: number,
  seed: number,
  resume: (genesis: DurableState, at: number, random: SeededRandom) => DurableState = (genesis) => genesis,
): Swarm {
  const random = new SeededRandom(seed)
  const time = new VirtualTime()
  const ids = Array.from({ length: count }, (_, at) => agentId(`v${at}`))
  const observer = new Observer(ids)
  const byId = new Map<AgentId, SimulatedVoter>()
  const network = new HostileNetwork(random.fork(), time, (message) =>
    byId.get(message.to)?.take({ type: 'message_received', message }),
  )
  const modules = {
    time,
    step: stepRaft,
    mutant: {},
    send: network.send.bind(network),
    onEffect: observer.onEffect.bind(observer),
    onDone: observer.onDone.bind(observer),
  }
  const genesis = genesisOf(electorateEpoch(1), ids)
  for (const [at, id] of ids.entries()) {
    byId.set(id, new SimulatedVoter(id, resume(genesis, at, random), { ...modules, random: random.fork() }))
  }
  return { time, random, network, observer, voters: [...byId.values()] }
}

/** Milliseconds until somebody leads. */
export function untilLeader(swarm: Swarm): number {
  const since = swarm.time.nowMs
  const isElected = swarm.time.runUntil(since + 10_000, () => leaderOf(swarm) !== undefined)
  return isElected ? swarm.time.nowMs - since : Number.POSITIVE_INFINITY
}

export function leaderOf({ voters }: Swarm): SimulatedVoter | undefined {
  return voters.find(({ isUp, state }) => isUp && state.role.type === 'leader')
}
