import type { AgentService } from '../agents/agent-service.ts'
import type { MessageService } from '../communication/message-service.ts'
import type { ConsensusService } from '../consensus-engine/consensus-service.ts'
import type { LearningService } from '../intelligence/learning/learning-service.ts'
import type { Coordinatorship } from '../kernel/coordinatorship.ts'
import { SwarmError } from '../model/errors.ts'
import type { AgentId, SessionId } from '../model/ids.ts'
import type { TaskService } from '../tasks/task-service.ts'
import type { SwarmParts } from './swarm-parts.ts'
import type { SwarmControl, SwarmService } from './swarm-service.ts'

/** The swarm's service over the parts that coordinate it. */
export function createSwarmService(
  coordinatorship: Coordinatorship,
  parts: SwarmParts,
  stop: () => void,
): SwarmService {
  const { topology, trails } = parts
  return {
    tasks: taskService(parts),
    agents: agentService(parts),
    messages: messageService(parts),
    distribution: parts.distributionDesk,
    controls: parts.controlDesk,
    budgets: parts.budgetDesk,
    schedules: parts.schedules,
    topology: { view: async () => topology.view() },
    consensus: consensusService(parts),
    memory: parts.memory.service,
    trails,
    patterns: { review: (request) => parts.patterns.review(request) },
    learning: learningService(parts),
    groups: parts.flock,
    swarm: swarmControl(coordinatorship, parts, stop),
  }
}

function taskService(parts: SwarmParts): TaskService {
  const { intake, retries, ender, reports, leases, explainer } = parts
  return {
    submit: (request) => intake.submit(request),
    cancel: (request) => ender.cancel(request),
    retry: (request) => retries.retry(request),
    explain: ({ taskId }) => explainer.explain(taskId),
    waitSummary: async () => explainer.summary(),
    accept: async (report) => {
      await heard(parts, report)
      await reports.accept(report)
      return null
    },
    progress: async (report) => {
      await heard(parts, report)
      leases.renew(report.taskId, report.agentId, report.fencingToken)
      await reports.progress(report)
      return null
    },
    complete: async (report) => {
      await heard(parts, report)
      return reports.complete(report)
    },
    fail: async (report) => {
      await heard(parts, report)
      return reports.fail(report)
    },
    release: async (report) => {
      await heard(parts, report)
      return reports.release(report)
    },
  }
}

function agentService(parts: SwarmParts): AgentService {
  const { registry, presence, claims, subscriptions, delivery, consensus, rounds } = parts
  return {
    register: (request) => consensus.registering(request, () => registry.register(request)),
    patch: (request) => registry.patch(request),
    deregister: ({ agentId }) => presence.leave(agentId),
    attach: async (request) => {
      const { agentId } = request
      subscriptions.delete(agentId)
      const attached = presence.attach(request)
      // In the same turn: from now on others can send to the new connection, and must not overtake the inbox.
      delivery.attached(agentId)
      const reply = await attached
      consensus.attached(agentId)
      rounds.attached(agentId)
      return reply
    },
    detach: async (request) => {
      const isNewest = registry.find(request.agentId)?.session?.sessionId === request.sessionId
      presence.detach(request)
      if (isNewest) consensus.detached(request.agentId)
      return null
    },
    heartbeat: (request) => presence.heartbeat(request),
    claim: (request) => claims.claim(request),
    settleClaim: async (receipt) => {
      claims.settle(receipt)
      return null
    },
    stopWork: async ({ agentId, sessionId }) => {
      const agent = registry.getOn(agentId, sessionId)
      agent.stopWork()
      registry.refresh(agent)
      return null
    },
  }
}

function messageService(parts: SwarmParts): MessageService {
  const { registry, messages, inbox, delivery, subscriptions, meter } = parts
  return {
    send: async (request) => {
      const { from, sessionId } = request
      if (from !== undefined && sessionId !== undefined) registry.getOn(from, sessionId)
      // One that speaks HTTP only becomes a member of the topology by its first word.
      else if (from !== undefined) await heard(parts, { agentId: from })
      return messages.send(request)
    },
    acknowledge: async ({ agentId, sessionId, messageIds }) => {
      registry.getOn(agentId, sessionId)
      const count = await inbox.acknowledge(agentId, messageIds)
      delivery.acknowledged(agentId, messageIds)
      return count
    },
    inbox: async ({ agentId, after, countMax }) => {
      registry.get(agentId)
      return inbox.list(agentId, after, countMax)
    },
    subscribe: async ({ agentId, sessionId, topics }) => {
      registry.getOn(agentId, sessionId)
      subscriptions.set(agentId, topics)
      return null
    },
    counts: async () => meter.report(),
  }
}

function consensusService({ registry, consensus }: SwarmParts): ConsensusService {
  return {
    propose: (request) => consensus.propose(request),
    castBallot: (request) => consensus.castBallot(request),
    cancelProposal: ({ proposalId, reason }) => consensus.cancel(proposalId, reason),
    hear: async ({ agentId, sessionId, message }) => {
      registry.getOn(agentId, sessionId)
      await consensus.hear(agentId, message)
      return null
    },
    leader: async () => consensus.leader(),
    startElection: ({ transferTo }) => consensus.startElection(transferTo),
    counts: async () => consensus.counts(),
  }
}

function learningService({ experience, models, blobs, rounds }: SwarmParts): LearningService {
  return {
    reportOutcome: (request) => experience.report(request),
    experience: async (query) => experience.experience(query),
    advice: async (request) => experience.advice(request),
    types: async () => experience.types(),
    createModel: (request) => models.create(request),
    writeChunk: async (chunk) => {
      await blobs.write(chunk)
      return null
    },
    addVersion: (request) => models.addVersion(request),
    rollBack: (request) => models.rollBack(request),
    evaluate: (request) => models.evaluate(request),
    openRound: (request) => rounds.open(request),
    submitUpdate: (request) => rounds.submit(request),
    declineRound: (request) => rounds.decline(request),
    endRound: (request) => rounds.end(request),
  }
}

function swarmControl(
  { nodeId, epoch }: Coordinatorship,
  { settings, openTasks, ender, journal, monitor, memory }: SwarmParts,
  stop: () => void,
): SwarmControl {
  return {
    update: (request) => settings.update(request),
    delete: async ({ force }) => {
      const { swarmId } = settings.record
      if (!force && openTasks.size > 0) {
        throw new SwarmError('swarm_not_empty', { swarmId, openTaskCount: openTasks.size })
      }
      await ender.cancelAll('the swarm is deleted')
      stop()
      await journal.drop()
      await memory.release()
      return null
    },
    monitor: async () => monitor.report(),
    status: async () => ({ coordinatorId: nodeId, epoch }),
  }
}

/** A report over the channel is a sign of life; one over a superseded channel is refused. */
async function heard(
  { registry, presence }: SwarmParts,
  { agentId, sessionId }: { readonly agentId: AgentId; readonly sessionId?: SessionId },
): Promise<void> {
  const agent = registry.getOn(agentId, sessionId)
  if (sessionId !== undefined) await presence.heard(agent, 'channel')
  else if (agent.session === undefined) await presence.heard(agent, 'http')
}
