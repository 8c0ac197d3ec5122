import type { Random } from '#domain/ports/random.ts'
import type { ShopRun, ShopTask } from './shop.ts'

/** An agent with a queue of its own, as the rules of the table see it. */
interface QueuedAgent {
  readonly index: number
  freeAtS: number
  lastKind: string | undefined
  /** When each task in it ends. */
  readonly ends: number[]
}

export type QueueRule = (task: ShopTask, agents: readonly QueuedAgent[], random: Random) => QueuedAgent

/** Each task goes to the queue of one agent when it arrives. */
export function runQueues(
  tasks: readonly ShopTask[],
  count: number,
  rule: QueueRule,
  random: Random,
): ShopRun[] {
  const agents = Array.from(
    { length: count },
    (_, index): QueuedAgent => ({ index, freeAtS: 0, lastKind: undefined, ends: [] }),
  )
  return tasks.map((task) => {
    for (const { ends } of agents) while ((ends[0] ?? Number.POSITIVE_INFINITY) <= task.atS) ends.shift()
    const agent = rule(task, agents, random)
    const hadSetUp = agent.lastKind !== task.kind
    const startS = Math.max(task.atS, agent.freeAtS)
    const endS = startS + task.workS + (hadSetUp ? task.setUpS : 0)
    agent.freeAtS = endS
    agent.lastKind = task.kind
    agent.ends.push(endS)
    return { task, agent: agent.index, startS, endS, hadSetUp }
  })
}

/** Flocking off. */
export const shortestQueue: QueueRule = (_, agents, random) =>
  leastOf(agents, ({ ends }) => ends.length, random)

/** Stays with the agent that did the kind last, unless its queue is longer than the shortest plus 1. */
export const stayWithSlack: QueueRule = (task, agents, random) => {
  const shortest = Math.min(...agents.map(({ ends }) => ends.length))
  const own = agents.filter(({ lastKind, ends }) => lastKind === task.kind && ends.length <= shortest + 1)
  return leastOf(own.length > 0 ? own : agents, ({ ends }) => ends.length, random)
}

/** Knows how long each task and each set-up will really take. */
export const trueTimes: QueueRule = (task, agents, random) =>
  leastOf(
    agents,
    ({ freeAtS, lastKind }) => Math.max(0, freeAtS - task.atS) + (lastKind === task.kind ? 0 : task.setUpS),
    random,
  )

function leastOf(
  agents: readonly QueuedAgent[],
  score: (agent: QueuedAgent) => number,
  random: Random,
): QueuedAgent {
  const scores = agents.map(score)
  const least = Math.min(...scores)
  const equals = agents.filter((_, index) => scores[index] === least)
  const chosen = equals[Math.floor(random.next() * equals.length)]
  if (chosen === undefined) throw new Error('there are agents')
  return chosen
}
