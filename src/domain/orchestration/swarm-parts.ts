import { BroadcastChannel } from '../communication/broadcast-channel.ts'
import { DirectChannel } from '../communication/direct-channel.ts'
import type { EventStream } from '../communication/event-stream.ts'
import { Inbox } from '../communication/inbox.ts'
import { MessageBus } from '../communication/message-bus.ts'
import { MessageMeter } from '../communication/message-meter.ts'
import { TopicSubscriptions } from '../communication/topic-subscriptions.ts'
import { TopologyKeeper } from '../communication/topology-keeper.ts'
import type { DistributionStrategy } from '../distribution/distribution-strategy.ts'
import { leastLoaded } from '../distribution/least-loaded.ts'
import { TaskDistributor } from '../distribution/task-distributor.ts'
import type { NodeId, Scope, SwarmEpoch, TaskId } from '../ids.ts'
import type { AgentSessions } from '../ports/agent-sessions.ts'
import type { Clock } from '../ports/clock.ts'
import type { Logger } from '../ports/logger.ts'
import type { Peers } from '../ports/peers.ts'
import type { Random } from '../ports/random.ts'
import type { ReadyQueue } from '../ports/ready-queue.ts'
import type { SwarmStore } from '../ports/swarm-store.ts'
import { priorityRank } from '../resources/priority-rank.ts'
import { PriorityScheduler } from '../resources/priority-scheduler.ts'
import { ResourceMonitor } from '../resources/resource-monitor.ts'
import { AgentBreakers } from './agent-breakers.ts'
import { AgentPresence } from './agent-presence.ts'
import { AgentRegistry } from './agent-registry.ts'
import { LeaseKeeper } from './lease-keeper.ts'
import { OpenTasks } from './open-tasks.ts'
import type { OrchestratorOptions } from './orchestrator-options.ts'
import { Reminders } from './reminders.ts'
import { Retention } from './retention.ts'
import { SwarmJournal } from './swarm-journal.ts'
import type { StrategyName, SwarmRecord } from './swarm-record.ts'
import { SwarmSettings } from './swarm-settings.ts'
import { TaskAftermath } from './task-aftermath.ts'
import { TaskAssigner } from './task-assigner.ts'
import { TaskEnder } from './task-ender.ts'
import { TaskIntake } from './task-intake.ts'
import type { RankOf } from './task-machine.ts'
import { TaskReports } from './task-reports.ts'
import { TimerQueue } from './timer-queue.ts'

/** Which coordinatorship of which swarm. */
export interface Coordinatorship {
  readonly scope: Scope
  readonly nodeId: NodeId
  readonly epoch: SwarmEpoch
  /** The swarm's record as it was when the coordinatorship began. */
  readonly record: SwarmRecord
}

export interface SwarmModules {
  readonly store: SwarmStore
  readonly queue: ReadyQueue
  readonly events: EventStream
  readonly peers: Peers
  readonly sessions: AgentSessions
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  /** The store refused this coordinatorship: a later one has begun, here or on another node. */
  onFenced(): void
}

export type SwarmParts = ReturnType<typeof createSwarmParts>

const STRATEGIES: Record<StrategyName, DistributionStrategy> = { least_loaded: leastLoaded }

/**
 * Builds what coordinates one swarm, from the parts that need nothing to those that need the others. The parts call
 * each other only once all of them stand.
 */
// Longer than a screen, and in one piece: split up, the calls that go both ways would need setters.
// oxlint-disable-next-line max-lines-per-function
export function createSwarmParts(
  coordinatorship: Coordinatorship,
  options: OrchestratorOptions,
  modules: SwarmModules,
) {
  const { scope, nodeId, epoch, record } = coordinatorship
  const { store, queue, events, clock, random, logger, onFenced } = modules
  const rankOf: RankOf = (createdAt, priority) => priorityRank(createdAt, priority, options.agingMs)
  const reminders = new Reminders({ clock })
  const openTasks = new OpenTasks()
  const scheduler = new PriorityScheduler()
  const channel = new DirectChannel(scope, modules)
  const journal = new SwarmJournal({ scope, epoch }, { store, events, onFenced })
  const settings = new SwarmSettings(record, { journal, clock })
  const leaseMs = (): number => settings.record.leaseMs
  const registry = new AgentRegistry(
    { breaker: options.breaker, agentsMax: () => settings.record.limits.agentsMax },
    { journal, clock, logger, onRoom: () => distributor.wake() },
  )
  const deadlines = new TimerQueue<TaskId>((taskId) => void ender.missDeadline(taskId), { clock })
  const leases = new LeaseKeeper({
    clock,
    onEnd: (taskId, lease, end) => void ender.expire(taskId, lease, end),
  })
  const breakers = new AgentBreakers({ journal, registry, clock, logger })
  const aftermath = new TaskAftermath({
    registry,
    leases,
    openTasks,
    deadlines,
    clock,
    onFinished: (taskId) => distributor.forget(taskId),
    onUnblocked: (taskId) => void ender.lookAtDependencies(taskId),
    onIdle: (agent) => void presence.removeIfLeaving(agent),
    onBreaker: (agent, isOpen) => breakers.changed(agent, isOpen),
  })
  const ender = new TaskEnder(
    { rankOf },
    {
      journal,
      aftermath,
      openTasks,
      reminders,
      clock,
      random,
      logger,
      onRevoked: (...revoked) => presence.tellRevoked(...revoked),
    },
  )
  const presence = new AgentPresence(
    { reconnectGraceMs: options.reconnectGraceMs, leaseMs },
    { registry, leases, ender, channel, reminders, clock, logger },
  )
  const reports = new TaskReports({ rankOf }, { journal, aftermath, clock, random })
  const intake = new TaskIntake(
    { rankOf, openTasksMax: () => settings.record.limits.openTasksMax },
    {
      journal,
      openTasks,
      reminders,
      clock,
      onAccepted: ({ taskId, spec: { deadlineAt } }) => {
        if (deadlineAt !== undefined) deadlines.set(taskId, deadlineAt - clock.now())
      },
      onUnblocked: (taskId) => void ender.lookAtDependencies(taskId),
    },
  )
  const assigner = new TaskAssigner(
    { nodeId, leaseMs, strategyName: () => settings.record.strategy },
    { journal, registry, leases, openTasks, aftermath, channel, clock, logger, ender },
  )
  const distributor = new TaskDistributor(
    {
      windowMax: options.windowMax,
      waitingMax: () => settings.record.limits.openTasksMax,
      strategy: () => STRATEGIES[settings.record.strategy],
    },
    {
      queue,
      scheduler,
      registry,
      clock,
      random,
      logger,
      isOpen: (taskId) => openTasks.has(taskId),
      assign: (planned) => assigner.assign(planned),
    },
  )
  const topology = new TopologyKeeper(record.topology, { journal, clock, logger })
  const subscriptions = new TopicSubscriptions(options)
  const inbox = new Inbox(options, { journal, store, clock })
  const meter = new MessageMeter()
  const broadcast = new BroadcastChannel(scope, modules)
  const messages = new MessageBus({
    registry,
    direct: channel,
    broadcast,
    subscriptions,
    inbox,
    routes: topology,
    meter,
    clock,
  })
  const monitor = new ResourceMonitor({ clock, openTasks, scheduler, agents: () => registry.agents })
  const retention = new Retention(
    { ...options, eventsMax: () => settings.record.limits.eventsMax },
    { journal, store, clock, logger },
  )
  return {
    rankOf,
    reminders,
    openTasks,
    scheduler,
    channel,
    journal,
    settings,
    registry,
    deadlines,
    leases,
    breakers,
    ender,
    presence,
    reports,
    intake,
    distributor,
    topology,
    subscriptions,
    inbox,
    meter,
    messages,
    monitor,
    retention,
  }
}
