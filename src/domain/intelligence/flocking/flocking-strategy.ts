import type {
  DistributionContext,
  DistributionStrategy,
  PlannedAssignment,
  StrategyModules,
} from '../../distribution/distribution-strategy.ts'
import { CANDIDATES_KEPT_MAX } from '../../model/decision-record.ts'
import type { AgentId, EpochMs } from '../../model/ids.ts'
import type { ReadyEntry } from '../../ports/ready-queue.ts'
import type { Candidate } from '../../resources/candidate.ts'
import { requirementOf } from '../../resources/requirement.ts'
import { Room } from '../../resources/room.ts'
import { type ActiveWork, type FlightCandidate, type FlightChoice, planFlight } from './flight-plan.ts'
import type { FlockKeeper } from './flock-keeper.ts'

/** Waiting tasks that one plan looks at. */
const LOOK_AHEAD = 200
/** A task that waits for a busy agent is looked at again after so long, in milliseconds. */
const LOOK_AGAIN_MS = 1_000

/** Gives tasks as the flock plans them: see {@link planFlight}. A task may wait for a busy agent although another is idle. */
export class FlockingStrategy implements DistributionStrategy {
  readonly kind = 'flocking'
  readonly #keeper: FlockKeeper
  readonly #modules: StrategyModules
  #cancelWake: () => void = () => undefined

  constructor(keeper: FlockKeeper, modules: StrategyModules) {
    this.#keeper = keeper
    this.#modules = modules
  }

  plan(context: DistributionContext): readonly PlannedAssignment[] {
    const entries = context.tasks.slice(0, LOOK_AHEAD)
    const active = this.#activeByAgent(context.now)
    const tasks = entries.map((entry) => this.#flightTask(entry, context, active))
    const choices = planFlight(this.#keeper.flock, tasks, context.random)
    const room = new Room()
    const plan: PlannedAssignment[] = []
    for (const [index, entry] of entries.entries()) {
      const choice = choices[index]
      const candidate = choice?.startsNow === true ? context.candidate(choice.agentId) : undefined
      if (choice === undefined || candidate === undefined || !room.fits(candidate, entry.resources)) continue
      room.take(candidate, entry.resources)
      plan.push(plannedAs(entry, choice, candidate, tasks[index]?.candidates ?? []))
    }
    // The agent that a task waits for may hang: its expected end moves on while nothing happens.
    this.#cancelWake()
    const doesWait = choices.some((choice) => choice?.startsNow === false)
    this.#cancelWake = doesWait ? this.#modules.wakeIn(LOOK_AGAIN_MS) : () => undefined
    return plan
  }

  close(): void {
    this.#cancelWake()
  }

  #flightTask(
    entry: ReadyEntry,
    context: DistributionContext,
    active: ReadonlyMap<AgentId, readonly ActiveWork[]>,
  ) {
    const requirement = requirementOf(entry.capabilities, entry.resources)
    const withRoom = new Set(context.candidatesFor(requirement).map(({ agentId }) => agentId))
    const candidates = this.#modules.pool
      .membersFor(requirement)
      .map((member) =>
        flightCandidate(member, withRoom.has(member.agentId), active.get(member.agentId) ?? []),
      )
    return { kind: entry.type ?? '', candidates }
  }

  #activeByAgent(now: EpochMs): Map<AgentId, ActiveWork[]> {
    const byAgent = new Map<AgentId, ActiveWork[]>()
    for (const { agentId, kind, at, wasPrepared } of this.#keeper.active) {
      const work = { kind, elapsedMs: Math.max(0, now - at), wasPrepared }
      const known = byAgent.get(agentId)
      if (known === undefined) byAgent.set(agentId, [work])
      else known.push(work)
    }
    return byAgent
  }
}

function flightCandidate(
  { agentId, slots, activeTasks }: Candidate,
  hasRoom: boolean,
  known: readonly ActiveWork[],
): FlightCandidate {
  // What was handed over a moment ago is not in the log yet.
  const unknown = Array.from({ length: Math.max(0, activeTasks - known.length) }, () => ({
    kind: '',
    elapsedMs: 0,
    wasPrepared: true,
  }))
  return { agentId, slots, active: [...known, ...unknown], hasRoom }
}

function plannedAs(
  entry: ReadyEntry,
  { agentId, cost, isPrepared }: FlightChoice,
  { slots, activeTasks }: Candidate,
  candidates: readonly FlightCandidate[],
): PlannedAssignment {
  const score = { agentId, score: cost, activeTasks, slots }
  return {
    entry,
    agentId,
    reason: `least expected time to success, ${Math.round(cost)} ms; ${isPrepared ? 'prepared' : 'not prepared'}`,
    candidateCount: candidates.length,
    candidates: [score].slice(0, CANDIDATES_KEPT_MAX),
  }
}
