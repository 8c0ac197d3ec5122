import { SCOPE } from './address.ts'
import { FaultPlan } from './fault-plan.ts'
import type { Scenario } from './scenario.ts'
import { SimClient } from './sim-client.ts'
import type { SimClock } from './sim-clock.ts'
import { SimSubscriber } from './sim-subscriber.ts'
import { SwarmOfAgents } from './swarm-of-agents.ts'
import { SwarmOfNodes } from './swarm-of-nodes.ts'
import { topologyDefect } from './topology-audit.ts'
import type { Variant } from './variant.ts'
import { World } from './world.ts'

export interface SimulationReport {
  readonly seed: number
  /** The first promise that was broken, and what led to it. */
  readonly violation: { readonly promise: string; readonly trace: string } | undefined
  readonly eventCount: number
  readonly simulatedMs: number
}

/** How long a swarm may take to come to rest when nothing goes wrong any more. */
const REST_WITHIN_MS = 600_000
/** What was done last is settled and seen by everybody after so much. */
const QUIET_MS = 3_000

/** Runs one world from its seed to its end. The same seed gives the same world. */
export async function simulate(scenario: Scenario, variant?: Variant): Promise<SimulationReport> {
  const world = new World(scenario, variant)
  const { clock, auditor } = world
  const nodes = new SwarmOfNodes(world, world.random.fork())
  const agents = new SwarmOfAgents(world, world.random.fork(), nodes)
  const { clients, subscribers } = people(world, nodes)
  const faults = new FaultPlan({ world, random: world.random.fork(), nodes, agents })
  const isBroken = (): boolean => auditor.violation !== undefined

  for (let count = 0; count < scenario.nodeCount; count += 1) nodes.boot()
  agents.start()
  for (const client of clients) client.start(scenario.submitsPerClient, scenario.faultsEndAt)
  for (const subscriber of subscribers) subscriber.start()
  faults.start()
  await clock.runUntil(scenario.faultsEndAt, isBroken)

  world.trace.note('world', 'the faults are over')
  world.calmDown()
  nodes.calmDown()
  const isAtRest = (): boolean =>
    nodes.areWell && clients.every(({ isBusy }) => !isBusy) && auditor.openTasks().length === 0
  await clock.runUntil(clock.now + REST_WITHIN_MS, () => isBroken() || isAtRest())
  await clock.runUntil(clock.now + QUIET_MS, isBroken)
  for (const client of clients) if (client.isBusy) auditor.fail('a client was never answered')
  auditor.close()
  await lookForLeaks(world, nodes)
  for (const subscriber of subscribers) subscriber.close()
  agents.kill()
  await clock.runUntil(clock.now + QUIET_MS, isBroken)
  await lookForTimers(world, nodes)
  return reportOf(world)
}

function people(world: World, nodes: SwarmOfNodes) {
  const make = <T>(count: number, one: (index: number) => T): readonly T[] =>
    Array.from({ length: count }, (_, index) => one(index + 1))
  const modules = () => {
    const random = world.random.fork()
    return { world, random, pickNode: () => nodes.pick(random) }
  }
  return {
    clients: make(world.scenario.clients, (index) => new SimClient(`client-${index}`, modules())),
    subscribers: make(world.scenario.subscribers, (index) => new SimSubscriber(`reader-${index}`, modules())),
  }
}

/** Nothing is held for tasks that are finished, and nothing was logged that a person would have to look at. */
async function lookForLeaks(world: World, nodes: SwarmOfNodes): Promise<void> {
  const { auditor, clock } = world
  for (const { id, logger } of nodes.all) {
    const line = logger.lines.find(({ level }) => level === 'error')
    if (line !== undefined) auditor.fail(`${id} logged: ${line.message} ${describe(line.fields)}`)
  }
  if (auditor.violation !== undefined) return
  const [node] = nodes.ready
  if (node === undefined) {
    auditor.fail('no node is ready at the end')
    return
  }
  const { service } = node.swarm
  const { openTasks, queueDepth, oldestWaitMs, slotsBusy } = await answered(clock, service.swarm.monitor())
  if (openTasks + queueDepth + oldestWaitMs + slotsBusy > 0)
    auditor.fail(
      `everything is finished, yet there are ${openTasks} open tasks, ${queueDepth} ready, ${slotsBusy} slots busy`,
    )
  const topology = async () =>
    topologyDefect(await answered(clock, service.topology.view()), world.medium.scope(SCOPE))
  if ((await topology()) === undefined) return
  // An agent may have come or gone just now.
  await clock.runUntil(clock.now + QUIET_MS)
  const defect = await topology()
  if (defect !== undefined) auditor.fail(defect)
}

async function answered<T>(clock: SimClock, asked: Promise<T>): Promise<T> {
  let isAnswered = false
  void asked.finally(() => {
    isAnswered = true
  })
  await clock.runUntil(clock.now + QUIET_MS, () => isAnswered)
  return asked
}

/** A node that stopped in good order leaves nothing ticking. */
async function lookForTimers({ auditor, clock }: World, nodes: SwarmOfNodes): Promise<void> {
  const { all } = nodes
  let running = all.length
  for (const node of all) {
    node.terminate().then(
      () => {
        running -= 1
      },
      (error: unknown) => auditor.report(error),
    )
  }
  await clock.runUntil(clock.now + 2 * QUIET_MS, () => running === 0)
  if (running > 0) auditor.fail(`${running} nodes do not stop`)
  // A call that was being repeated notices at its next turn that there is nobody to call.
  await clock.runUntil(clock.now + 500)
  for (const { id, process } of all) {
    if (process.timerCount > 0) auditor.fail(`${id} stopped and left ${process.timerCount} timers`, id)
  }
}

function reportOf({ auditor, trace, clock, scenario, medium }: World): SimulationReport {
  const { violation } = auditor
  return {
    seed: scenario.seed,
    violation:
      violation === undefined
        ? undefined
        : { promise: violation.message, trace: trace.excerpt(violation.about) },
    eventCount: medium.scope(SCOPE).lastSequence,
    simulatedMs: clock.now,
  }
}

function describe(fields: object): string {
  const error = (fields as { readonly error?: unknown }).error
  return error instanceof Error ? (error.stack ?? error.message) : JSON.stringify(fields)
}
