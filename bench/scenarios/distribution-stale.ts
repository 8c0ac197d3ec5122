import { LoadBalancer } from '#domain/distribution/balancing/load-balancer.ts'
import { LoadBoard } from '#domain/distribution/balancing/load-board.ts'
import { RunningEstimator } from '#domain/distribution/balancing/running-estimator.ts'
import { agentId } from '#domain/model/ids.ts'
import type { PlacementKind } from '#domain/model/strategy-settings.ts'
import { SeededRandom } from '#simulation/seeded-random.ts'
import type { Contender, Scenario } from '../harness/scenario.ts'

const AGENTS = 10
const LOAD = 0.9
const SERVICE_MS = 1_000
const TASKS = 40_000
const MEMBERS = Array.from({ length: AGENTS }, (_, index) => ({
  agentId: agentId(`agent-${index}`),
  capabilities: [],
  slots: 1,
  activeTasks: 0,
  freeSlots: 0,
  freeResources: {},
}))

interface Rule {
  readonly placement: PlacementKind
  readonly reportMs: number
  readonly countsWhatItGave: boolean
}

/** Agents that queue what they are given and say only now and then how much they have. */
export const distributionStale: Scenario = {
  name: 'distribution-stale',
  title: 'Load reports every 5 s: ten agents, load 0.9, exponential service of 1 s',
  metrics: [{ name: 'mean response', unit: 'service times', better: 'lower' }],
  baseline: 'shortest queue, fresh',
  contenders: [
    contender('shortest queue, fresh', { placement: 'shortest_queue', reportMs: 1, countsWhatItGave: true }),
    contender('shortest queue', { placement: 'shortest_queue', reportMs: 5_000, countsWhatItGave: true }),
    contender('power of two', { placement: 'power_of_two', reportMs: 5_000, countsWhatItGave: true }),
    contender('without local increments', {
      placement: 'shortest_queue',
      reportMs: 5_000,
      countsWhatItGave: false,
    }),
    contender('random', { placement: 'random', reportMs: 5_000, countsWhatItGave: true }),
  ],
  bars: [{ contender: 'shortest queue', metric: 'mean response', of: 'value', limit: 3.5 }],
}

function contender(name: string, rule: Rule): Contender {
  return {
    name,
    about: `${rule.placement}, reports every ${rule.reportMs} ms`,
    open: async () => {
      let seed = 0
      const round = async () => {
        seed += 1
        return { 'mean response': meanResponse(rule, seed) }
      }
      return { round, close: async () => undefined }
    },
  }
}

function meanResponse({ placement, reportMs, countsWhatItGave }: Rule, seed: number): number {
  const random = new SeededRandom(seed)
  const exponential = (mean: number): number => -mean * Math.log(1 - random.next())
  const board = new LoadBoard()
  const queues = new Map(MEMBERS.map((member) => [member.agentId, [] as number[]]))
  const balancer = new LoadBalancer(placement, {
    random,
    estimator: new RunningEstimator(),
    standingOf: (member) => {
      const tasks = board.tasksOf(member.agentId)
      return { agentId: member.agentId, slots: 1, tasks, workMs: tasks * SERVICE_MS }
    },
  })
  let nowMs = 0
  let nextReportMs = 0
  let sumMs = 0
  for (let index = 0; index < TASKS; index += 1) {
    nowMs += exponential(SERVICE_MS / (AGENTS * LOAD))
    for (; nextReportMs <= nowMs; nextReportMs += reportMs) {
      for (const [agent, ends] of queues) {
        while ((ends[0] ?? Number.POSITIVE_INFINITY) <= nextReportMs) ends.shift()
        board.report(agent, ends.length)
      }
    }
    const agent = balancer.pick({ type: 'task' }, MEMBERS)[0]?.standing.agentId
    const ends = agent === undefined ? undefined : queues.get(agent)
    if (agent === undefined || ends === undefined) throw new Error('somebody is chosen')
    if (countsWhatItGave) board.given(agent)
    const endMs = Math.max(nowMs, ends.at(-1) ?? 0) + exponential(SERVICE_MS)
    ends.push(endMs)
    sumMs += endMs - nowMs
  }
  return sumMs / TASKS / SERVICE_MS
}
