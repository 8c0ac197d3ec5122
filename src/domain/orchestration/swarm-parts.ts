import { AgentBreakers } from '../agents/agent-breakers.ts'
import { AgentRegistry } from '../agents/agent-registry.ts'
import { capacityOf } from '../agents/capacity.ts'
import { DirectChannel } from '../communication/direct-channel.ts'
import { RegistrationNotices } from '../communication/registration-notices.ts'
import { ConsensusEngine } from '../consensus-engine/consensus-engine.ts'
import { RunningEstimator } from '../distribution/balancing/running-estimator.ts'
import { DistributionDesk } from '../distribution/distribution-desk.ts'
import { ImmediatePlanner } from '../distribution/immediate-planner.ts'
import { OutcomeFeed } from '../distribution/outcome-feed.ts'
import { SwarmStrategy } from '../distribution/swarm-strategy.ts'
import { TaskDistributor } from '../distribution/task-distributor.ts'
import { ExperienceDesk } from '../intelligence/learning/experience/experience-desk.ts'
import { LEARNING_SNAPSHOTS, LearningState } from '../intelligence/learning/experience/learning-state.ts'
import { BlobStore } from '../intelligence/learning/models/blob-store.ts'
import { ModelDesk } from '../intelligence/learning/models/model-desk.ts'
import { RoundDesk } from '../intelligence/learning/rounds/round-desk.ts'
import { SwarmMemory } from '../intelligence/memory/swarm-memory.ts'
import { PatternKeeper } from '../intelligence/patterns/pattern-keeper.ts'
import { SwarmTrails } from '../intelligence/trails/swarm-trails.ts'
import type { Coordinatorship } from '../kernel/coordinatorship.ts'
import { DurableProjection } from '../kernel/durable-projection.ts'
import type { Projection } from '../kernel/projection.ts'
import { Reminders } from '../kernel/reminders.ts'
import { SwarmJournal } from '../kernel/swarm-journal.ts'
import { TimerQueue } from '../kernel/timer-queue.ts'
import type { AgentId, TaskId } from '../model/ids.ts'
import { setupSettingsOf } from '../model/strategy-settings.ts'
import { AgentPresence } from '../presence/agent-presence.ts'
import { HttpClaims } from '../presence/http-claims.ts'
import { BudgetDesk } from '../resources/admission/budget-desk.ts'
import { ControlDesk } from '../resources/admission/control-desk.ts'
import { priorityRank } from '../resources/priority-rank.ts'
import { ResourceMonitor } from '../resources/resource-monitor.ts'
import { ScheduleRunner } from '../schedules/schedule-runner.ts'
import { EndingSteps } from '../tasks/ending-steps.ts'
import { ImmediateStart } from '../tasks/immediate-start.ts'
import { LeaseKeeper } from '../tasks/lease-keeper.ts'
import { LeaseRecords } from '../tasks/lease-records.ts'
import { NextTasks } from '../tasks/next-tasks.ts'
import { OpenTasks } from '../tasks/open-tasks.ts'
import { TaskAftermath } from '../tasks/task-aftermath.ts'
import { TaskAssigner, type TaskAssignerModules } from '../tasks/task-assigner.ts'
import { TaskEnder } from '../tasks/task-ender.ts'
import { TaskIntake } from '../tasks/task-intake.ts'
import type { RankOf } from '../tasks/task-machine.ts'
import { TaskReports } from '../tasks/task-reports.ts'
import { TaskRetry } from '../tasks/task-retry.ts'
import { TaskTransitions } from '../tasks/task-transitions.ts'
import { WaitExplainer } from '../tasks/wait-explainer.ts'
import { ReportingLines } from '../topology/reporting-lines.ts'
import { TopologyKeeper } from '../topology/topology-keeper.ts'
import { type AdmissionParts, createAdmissionParts } from './admission-parts.ts'
import { type CommunicationParts, createCommunicationParts } from './communication-parts.ts'
import { createLearnedParts, type LearnedParts } from './learned-parts.ts'
import type { OrchestratorOptions } from './orchestrator-options.ts'
import { patternActions } from './pattern-actions.ts'
import { Retention } from './retention.ts'
import type { SwarmModules } from './swarm-modules.ts'
import { SwarmSettings } from './swarm-settings.ts'

type Base = ReturnType<typeof createBase>
type Work = ReturnType<typeof createWork>
type Desk = ReturnType<typeof createDesk>
type Learning = ReturnType<typeof createLearning>

/** All that coordinates one swarm. */
export type SwarmParts = Base & Work & Desk & Learning & CommunicationParts & Extras

interface Extras {
  readonly consensus: ConsensusEngine
  readonly memory: SwarmMemory
  /** What reads the log, in the order in which each event is passed on: consensus after the topology. */
  readonly projections: readonly Projection[]
  readonly trails: SwarmTrails
}

/** Builds what coordinates one swarm, from the parts that need nothing to those that need the others. */
export function createSwarmParts(
  coordinatorship: Coordinatorship,
  options: OrchestratorOptions,
  modules: SwarmModules,
): SwarmParts {
  const base = createBase(coordinatorship, options, modules)
  const work = createWork(coordinatorship, options, base)
  const desk = createDesk(options, { ...base, ...work })
  const communication = createCommunicationParts(coordinatorship, options, { ...base, ...work })
  const consensus = new ConsensusEngine(coordinatorship, options, { ...base, ...work })
  const learning = createLearning(options, { ...base, ...work, consensus })
  const memory = new SwarmMemory(options, base)
  const { topology } = base
  const projections = [
    desk.monitor,
    topology,
    communication.departed,
    consensus,
    work.outcomes,
    desk.retention.finished,
    memory,
    desk.patterns,
    learning.learning,
    learning.rounds,
    ...work.learnedProjections,
  ]
  const trails = new SwarmTrails(options, base)
  return { ...base, ...work, ...desk, ...communication, ...learning, consensus, memory, trails, projections }
}

/** What all parts share. */
function createBase(
  coordinatorship: Coordinatorship,
  { agingMs }: OrchestratorOptions,
  modules: SwarmModules,
) {
  const { scope, epoch, record } = coordinatorship
  const rankOf: RankOf = (createdAt, priority) => priorityRank(createdAt, priority, agingMs)
  const reminders = new Reminders(modules)
  const journal = new SwarmJournal({ scope, epoch }, { ...modules, reminders })
  const topology = new TopologyKeeper(record.topology, { ...modules, journal, reminders })
  return {
    ...modules,
    rankOf,
    journal,
    settings: new SwarmSettings(record, { ...modules, journal }),
    channel: new DirectChannel(coordinatorship, modules),
    registrations: new RegistrationNotices(scope, modules),
    openTasks: new OpenTasks(),
    topology,
    reportingLines: new ReportingLines({ keeper: topology }),
    reminders,
  }
}

/** What gives work to agents and takes it back. These parts call each other both ways, once all of them stand. */
function createWork(coordinatorship: Coordinatorship, options: OrchestratorOptions, shared: Base) {
  const { settings, clock, journal } = shared
  const leaseMs = (): number => settings.record.leaseMs
  const admissionParts = createAdmissionParts({
    ...shared,
    fairness: () => settings.record.fairness ?? 'stride',
    capacity: () => capacityOf(registry.agents),
    onOpen: () => distributor.wake(),
  })
  const base = { ...shared, ...admissionParts }
  const registry = new AgentRegistry(
    { ...options, agentsMax: () => settings.record.limits.agentsMax },
    {
      ...base,
      onRoom: () => distributor.wake(),
      onFound: (agent) => void presence.removeIfLeaving(agent),
    },
  )
  const deadlines = new TimerQueue<TaskId>((taskId) => void ender.missDeadline(taskId), base)
  const leases = new LeaseKeeper({ clock, onEnd: (...ended) => void ender.expire(...ended) })
  const breakers = new AgentBreakers({ ...base, registry })
  const aftermath = new TaskAftermath({
    ...base,
    registry,
    leases,
    deadlines,
    onAdmission: () => distributor.wake(),
    onFinished: (taskId) => distributor.forget(taskId),
    onUnblocked: (taskId) => void ender.lookAtDependencies(taskId),
    onIdle: (agent) => void presence.removeIfLeaving(agent),
    onBreaker: (agent, isOpen) => breakers.changed(agent, isOpen),
  })
  const leaseRecords = new LeaseRecords({ ...base, journal: journal.inBulk(), leases })
  const endings = new EndingSteps({ ...base, leases })
  const transitions = new TaskTransitions({ ...base, endings, aftermath })
  const ender = new TaskEnder(
    { ...base, ...options },
    { ...base, transitions, leases, aftermath, onRevoked: (...revoked) => presence.tellRevoked(...revoked) },
  )
  const presence = new AgentPresence(
    { ...options, leaseMs },
    { ...base, registry, leases, leaseRecords, ender },
  )
  const claims = new HttpClaims({
    ...base,
    registry,
    leases,
    leaseRecords,
    ender,
    onHeard: (agent) => presence.heard(agent, 'http'),
  })
  const kept = { ...admissionParts, registry, deadlines, leases, breakers, aftermath }
  const learnedParts = createLearnedParts({ ...shared, registry })
  const held = { ...kept, ...learnedParts, transitions, ender, presence, claims }
  const distribution = createDistributor(coordinatorship, options, { ...shared, ...held })
  const { distributor } = distribution
  return { ...held, ...distribution }
}

/** What gives the ready tasks to agents. */
function createDistributor(
  { nodeId }: Coordinatorship,
  options: OrchestratorOptions,
  parts: Base &
    AdmissionParts &
    LearnedParts &
    Pick<TaskAssignerModules, 'registry' | 'leases' | 'aftermath' | 'transitions' | 'ender'>,
) {
  const { settings, openTasks, scheduler, registry } = parts
  const leaseMs = (): number => settings.record.leaseMs
  const strategyKind = () => settings.record.strategy.kind
  const assigner = new TaskAssigner({ nodeId, leaseMs, strategyKind }, parts)
  const estimator = new RunningEstimator(() => setupSettingsOf(settings.record.strategy))
  const strategy = new SwarmStrategy(
    { settings: () => settings.record.strategy },
    {
      ...parts,
      pool: registry,
      estimator,
      learned: parts.learned,
      stages: parts.topology,
      hierarchy: {
        tree: () => parts.reportingLines.tree(),
        loadOf: (agentId: AgentId) => registry.loadOf(agentId),
      },
      waiting: () => scheduler.entries(),
      monotonic: () => parts.clock.monotonic(),
      callForBids: (agentId, call) => {
        const session = registry.find(agentId)?.session
        return session !== undefined && parts.channel.send(session, { type: 'call_for_bids', call })
      },
      wake: () => distributor.wake(),
      wakeIn: (delayMs) => parts.clock.setTimer(delayMs, () => distributor.wake()),
    },
  )
  const distributor = new TaskDistributor(
    { ...options, waitingMax: () => settings.record.limits.openTasksMax },
    {
      ...parts,
      strategy,
      isOpen: (taskId) => openTasks.has(taskId),
      assign: (planned) => assigner.assign(planned),
    },
  )
  registry.onChange((agentId) => {
    strategy.onAgent(agentId)
    distributor.wake()
  })
  const distributionDesk = new DistributionDesk({ registry, estimator, strategy })
  const planner = new ImmediatePlanner({ ...parts, strategy, mayPlan: () => distributor.isUpToDate })
  const immediate = new ImmediateStart({ ...parts, planner, assigner })
  const nextTasks = new NextTasks({ ...parts, planner, distributor, assigner })
  const outcomes = new OutcomeFeed(strategy)
  return { distributor, assigner, immediate, nextTasks, distributionDesk, outcomes, strategy }
}

/** What takes in what clients and agents send, and what looks on. Nothing else calls these. */
function createDesk(options: OrchestratorOptions, parts: Base & Work) {
  const { settings, deadlines, clock, registry, ender, assigner } = parts
  const watchDeadline = (taskId: TaskId, deadlineAt: number | undefined): void => {
    if (deadlineAt !== undefined) deadlines.set(taskId, deadlineAt - clock.now())
  }
  const intake = new TaskIntake(
    { ...parts, openTasksMax: () => settings.record.limits.openTasksMax },
    {
      ...parts,
      bulkJournal: parts.journal.inBulk(),
      onUntold: (task) => assigner.takeBackUntold(task),
      onNeverWritten: (taskId) => assigner.neverWritten(taskId),
      onAccepted: ({ taskId, spec }) => watchDeadline(taskId, spec.deadlineAt),
      onUnblocked: (taskId) => void ender.lookAtDependencies(taskId),
    },
  )
  const reports = new TaskReports(parts, parts)
  const monitor = new ResourceMonitor(options, { ...parts, agents: () => registry.agents })
  const schedules = new ScheduleRunner(options, {
    ...parts,
    submit: (task, keys, decide) => intake.submitBeside(task, keys, decide),
  })
  const explainer = new WaitExplainer(parts.journal.scope, { ...parts, meanRunMs: () => monitor.meanRunMs() })
  const admissionDesk = { ...parts, onOpen: () => parts.distributor.wake() }
  const deskOptions = { ...options, swarmId: settings.record.swarmId }
  const controlDesk = new ControlDesk(deskOptions, admissionDesk)
  const budgetDesk = new BudgetDesk(deskOptions, admissionDesk)
  const retention = new Retention({ ...options, eventsMax: () => settings.record.limits.eventsMax }, parts)
  const patterns = new PatternKeeper(
    { settings: () => settings.record.patterns },
    { ...parts, actions: patternActions(parts), lastSequence: () => parts.events.lastSequence },
  )
  const retries = new TaskRetry({ ...parts, intake })
  const desks = { intake, retries, reports, explainer, schedules, controlDesk, budgetDesk }
  return { ...desks, watchDeadline, monitor, retention, patterns }
}

/** What the swarm learns from finished work, and the models that its agents train together. */
function createLearning(options: OrchestratorOptions, parts: Base & Work & Pick<Extras, 'consensus'>) {
  const { consensus, events } = parts
  const learned = new LearningState(options.learning)
  const learning = new DurableProjection(learned, LEARNING_SNAPSHOTS, {
    ...parts,
    errors: events.projectionErrors,
  })
  const stored = { ...parts, journal: parts.journal.inBulk() }
  const blobs = new BlobStore(options.learning, stored)
  const models = new ModelDesk(options.learning, { ...parts, blobs })
  const rounds = new RoundDesk(options.learning, {
    ...parts,
    blobs,
    models,
    leadership: () => {
      const { leaderId, epoch, term } = consensus.leader().leadership
      return leaderId === null ? undefined : { agentId: leaderId, electorateEpoch: epoch, term }
    },
  })
  const experience = new ExperienceDesk({ ...parts, learned, projection: learning })
  return { learning, experience, blobs, models, rounds }
}
