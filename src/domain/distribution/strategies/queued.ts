import { CANDIDATES_KEPT_MAX, type CandidateScore } from '../../model/decision-record.ts'
import type { AgentId, TaskId } from '../../model/ids.ts'
import type { PlacementKind } from '../../model/strategy-settings.ts'
import type { ReadyEntry } from '../../ports/ready-queue.ts'
import type { Candidate } from '../../resources/candidate.ts'
import { requirementOf } from '../../resources/requirement.ts'
import { Room } from '../../resources/room.ts'
import { preferredAgent } from '../balancing/affinity.ts'
import { type AgentStanding, LoadBalancer, type RankedStanding } from '../balancing/load-balancer.ts'
import type {
  DistributionContext,
  DistributionStrategy,
  PlannedAssignment,
  StrategyModules,
} from '../distribution-strategy.ts'
import type { StealPolicy, Theft } from '../stealing/steal-policy.ts'
import { TaskDeques } from '../stealing/task-deques.ts'
import type { TaskOutcome } from '../work-estimator.ts'

export interface QueuedStrategyOptions {
  readonly kind: DistributionStrategy['kind']
  readonly placement: PlacementKind
  /** Left out where tasks stay with the agent that they were given to. */
  readonly stealing?: StealPolicy
}

interface Placement {
  readonly candidateCount: number
  readonly candidates: readonly CandidateScore[]
  readonly reason: string
}

/**
 * Puts each task into the queue of one agent as soon as it is ready, by a load balancer, and starts it when that agent has
 * room. With a steal policy, agents with room and nothing of their own to start take from the queues of others.
 */
export class QueuedStrategy implements DistributionStrategy {
  readonly kind: DistributionStrategy['kind']
  readonly #modules: StrategyModules
  readonly #balancer: LoadBalancer
  readonly #stealing: StealPolicy | undefined
  readonly #deques: TaskDeques
  readonly #placements = new Map<TaskId, Placement>()
  /** Tasks that no agent in service is capable of. */
  readonly #unplaced = new Map<TaskId, ReadyEntry>()
  #cancelWake: () => void = () => undefined

  constructor({ kind, placement, stealing }: QueuedStrategyOptions, modules: StrategyModules) {
    this.kind = kind
    this.#modules = modules
    this.#stealing = stealing
    this.#deques = new TaskDeques(modules.estimator)
    const standingOf = (member: Candidate): AgentStanding => this.#standingOf(member)
    this.#balancer = new LoadBalancer(placement, { ...modules, standingOf })
  }

  onReady(entry: ReadyEntry): void {
    this.onGone(entry.taskId)
    this.#place(entry)
  }

  onGone(taskId: TaskId): void {
    this.#deques.delete(taskId)
    this.#unplaced.delete(taskId)
    this.#placements.delete(taskId)
  }

  onOutcome({ taskId }: TaskOutcome): void {
    this.#stealing?.ended(taskId)
  }

  /** What the agent can do may have changed: its tasks, and those of nobody, are placed anew. */
  onAgent(agentId: AgentId): void {
    for (const entry of [...this.#deques.takeAll(agentId), ...this.#unplaced.values()]) this.onReady(entry)
  }

  close(): void {
    this.#cancelWake()
  }

  plan(given: DistributionContext): readonly PlannedAssignment[] {
    const context = withMemory(given)
    this.#placeTheRest(context)
    const room = new Room()
    const plan: PlannedAssignment[] = []
    this.#startOwn(context, room, plan)
    this.#steal(context, room, plan)
    return plan
  }

  #startOwn(context: DistributionContext, room: Room, plan: PlannedAssignment[]): void {
    for (const { agentId } of this.#deques.all) {
      const candidate = context.candidate(agentId)
      if (candidate === undefined) continue
      for (;;) {
        const head = this.#deques
          .of(agentId)
          ?.head((entry) => room.fits(candidate, entry.resources) && context.mayStart(entry))
        const placement = head === undefined ? undefined : this.#placements.get(head.taskId)
        if (head === undefined || placement === undefined) break
        plan.push({ entry: head, agentId, ...placement })
        this.#start(head, candidate, context, room)
      }
    }
  }

  #steal(context: DistributionContext, room: Room, plan: PlannedAssignment[]): void {
    const policy = this.#stealing
    if (policy === undefined) return
    for (;;) {
      const theft = policy.choose(this.#deques, context, room)
      if (theft === undefined) break
      plan.push(plannedTheft(theft, room))
      this.#start(theft.entry, theft.thief, context, room)
    }
    const waitMs = policy.worthItInMs(context.now)
    this.#cancelWake()
    if (waitMs !== undefined) this.#cancelWake = this.#modules.wakeIn(waitMs)
  }

  #start(entry: ReadyEntry, candidate: Candidate, { now }: DistributionContext, room: Room): void {
    room.take(candidate, entry.resources)
    this.onGone(entry.taskId)
    this.#stealing?.started(entry, now)
  }

  #place(entry: ReadyEntry): void {
    const members = this.#modules.pool.membersFor(requirementOf(entry.capabilities, entry.resources))
    const preferred = entry.affinityKey === undefined ? undefined : preferredAgent(entry.affinityKey, members)
    const ranked =
      preferred === undefined
        ? this.#balancer.pick(entry, members)
        : [{ standing: this.#standingOf(preferred), score: 0 }]
    const [winner] = ranked
    if (winner === undefined) {
      this.#unplaced.set(entry.taskId, entry)
      return
    }
    this.#deques.push(winner.standing.agentId, entry)
    this.#placements.set(entry.taskId, {
      candidateCount: members.length,
      candidates: ranked.slice(0, CANDIDATES_KEPT_MAX).map(scoreOf),
      reason: preferred === undefined ? `placed by ${this.#balancer.kind}` : 'placed by its affinity key',
    })
  }

  /** Tasks of agents that went out of service, and tasks that an agent became capable of, are placed anew. */
  #placeTheRest(context: DistributionContext): void {
    const { pool } = this.#modules
    const left = [...this.#deques.all].filter(({ agentId }) => !pool.isInService(agentId))
    const placeable = [...this.#unplaced.values()].filter(
      ({ capabilities, resources }) =>
        context.candidatesFor(requirementOf(capabilities, resources)).length > 0,
    )
    for (const entry of left.flatMap(({ agentId }) => this.#deques.takeAll(agentId))) this.onReady(entry)
    for (const entry of placeable) this.onReady(entry)
  }

  #standingOf({ agentId, slots, activeTasks }: Candidate): AgentStanding {
    const deque = this.#deques.of(agentId)
    const waitingMs = deque === undefined ? 0 : this.#deques.workMs(deque)
    const heldMs = activeTasks * (this.#modules.estimator.workMs({}) ?? 1)
    const tasks = activeTasks + (deque?.size ?? 0)
    return { agentId, slots, tasks, workMs: waitingMs + heldMs, last: deque?.last }
  }
}

/** A task that is admitted counts for those after it, so each is asked about once in a round. */
function withMemory(context: DistributionContext): DistributionContext {
  const { now, random, candidatesFor, candidate } = context
  const answers = new Map<TaskId, boolean>()
  return {
    now,
    random,
    // Read at the first use, which is never here.
    get tasks() {
      return context.tasks
    },
    candidatesFor,
    candidate,
    mayStart: (entry) => {
      const answer = answers.get(entry.taskId) ?? context.mayStart(entry)
      answers.set(entry.taskId, answer)
      return answer
    },
  }
}

function scoreOf({ standing, score }: RankedStanding): CandidateScore {
  const { agentId, slots, tasks } = standing
  return { agentId, score, activeTasks: tasks, slots }
}

function plannedTheft({ entry, victim, thief, thieves }: Theft, room: Room): PlannedAssignment {
  const others = thieves.filter(({ agentId }) => agentId !== thief.agentId)
  return {
    entry,
    agentId: thief.agentId,
    reason: `stolen from the tail of the queue of ${victim.agentId}, where ${victim.size} tasks waited`,
    candidateCount: thieves.length,
    candidates: [thief, ...others].slice(0, CANDIDATES_KEPT_MAX).map((candidate) => ({
      agentId: candidate.agentId,
      score: room.load(candidate) / candidate.slots,
      activeTasks: room.load(candidate),
      slots: candidate.slots,
    })),
  }
}
