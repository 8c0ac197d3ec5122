import type { AgentId } from '../../model/ids.ts'
import type { Random } from '../../ports/random.ts'
import type { Flock } from './flock.ts'

/** An attempt under way. */
export interface ActiveWork {
  readonly kind: string
  readonly elapsedMs: number
  readonly wasPrepared: boolean
}

/** An agent that could run a task, now or when it has done what it does. */
export interface FlightCandidate {
  readonly agentId: AgentId
  readonly slots: number
  readonly active: readonly ActiveWork[]
  /** Whether it can be given work at once. */
  readonly hasRoom: boolean
}

export interface FlightTask {
  readonly kind: string
  readonly candidates: readonly FlightCandidate[]
}

export interface FlightChoice {
  readonly agentId: AgentId
  /** Expected milliseconds until the task has succeeded, waiting and set-up included. */
  readonly cost: number
  readonly isPrepared: boolean
  /** False: the task waits for the agent, because that is expected to take less than any agent with room. */
  readonly startsNow: boolean
}

/** Pairs of task and agent that one plan compares; what is left then goes to the agents with room in turn. */
const PAIRS_MAX = 20_000

const UNKNOWN_WAIT_MS = 1e12

/** How an agent stands within one plan. */
interface Standing {
  /** When each of its slots is free, in milliseconds from now; as many as are taken. */
  readonly taken: number[]
  /** What it was given last in this plan. */
  lastKind: string | undefined
  room: number
}

/**
 * Gives each task in turn to the agent with the least expected time until the task has succeeded: wait, set-up, what the
 * flock loses, and work, over the chance of success. A task that is better off with a busy agent waits for it, and later
 * tasks see that agent as busier.
 *
 * @returns a choice for each task, place by place; undefined where no agent is left for it
 */
export function planFlight(
  flock: Flock,
  tasks: readonly FlightTask[],
  random: Random,
): (FlightChoice | undefined)[] {
  const standings = new Map<AgentId, Standing>()
  let pairs = 0
  return tasks.map(({ kind, candidates }) => {
    pairs += candidates.length
    const among = pairs <= PAIRS_MAX ? candidates : candidates.filter(hasRoom).slice(0, 1)
    let best: FlightChoice | undefined
    let bestStanding: Standing | undefined
    let ties = 0
    for (const candidate of among) {
      const standing = standingOf(candidate)
      const choice = choiceOf(flock, { kind, candidate, standing }, random)
      const order = best === undefined ? -1 : compare(choice, best)
      if (order > 0) continue
      ties = order === 0 ? ties + 1 : 1
      // Each of several equals is kept with the same probability.
      if (ties > 1 && random.next() * ties >= 1) continue
      best = choice
      bestStanding = standing
    }
    if (best !== undefined && bestStanding !== undefined)
      take(flock, { kind, choice: best, standing: bestStanding })
    return best
  })

  function hasRoom(candidate: FlightCandidate): boolean {
    return standingOf(candidate).room > 0
  }

  function standingOf(candidate: FlightCandidate): Standing {
    const known = standings.get(candidate.agentId)
    if (known !== undefined) return known
    const taken = candidate.active.map((work) => remainingMs(flock, work)).toSorted((a, b) => a - b)
    const room = candidate.hasRoom ? Math.max(1, candidate.slots - taken.length) : 0
    const standing = { taken, lastKind: undefined, room }
    standings.set(candidate.agentId, standing)
    return standing
  }
}

/** Cheaper first; of equals those that start now. */
function compare(a: FlightChoice, b: FlightChoice): number {
  return a.cost - b.cost || Number(b.startsNow) - Number(a.startsNow)
}

interface Pair {
  readonly kind: string
  readonly candidate: FlightCandidate
  readonly standing: Standing
}

function choiceOf(flock: Flock, { kind, candidate, standing }: Pair, random: Random): FlightChoice {
  const { agentId } = candidate
  const startsNow = standing.room > 0
  const isPrepared =
    standing.lastKind === undefined ? flock.isPrepared(agentId, kind) : standing.lastKind === kind
  // Without room and with a slot that is not taken it lacks something else, and nobody knows for how long.
  const isBusy = standing.taken.length >= candidate.slots
  const wait = startsNow ? 0 : isBusy ? (standing.taken[0] ?? 0) : UNKNOWN_WAIT_MS
  const price = isPrepared ? 0 : flock.priceOf(agentId, kind)
  const success = flock.drawSuccess(agentId, kind, random)
  return { agentId, cost: (wait + price + flock.workMs(kind)) / success, isPrepared, startsNow }
}

/** Takes one slot of an agent for a task. */
function take(
  flock: Flock,
  { kind, choice, standing }: { kind: string; choice: FlightChoice; standing: Standing },
): void {
  const starts = choice.startsNow ? 0 : (standing.taken.shift() ?? 0)
  const ends = starts + flock.workMs(kind) + (choice.isPrepared ? 0 : flock.setUpMs)
  const at = standing.taken.findIndex((other) => other > ends)
  standing.taken.splice(at === -1 ? standing.taken.length : at, 0, ends)
  standing.lastKind = kind
  if (choice.startsNow) standing.room -= 1
}

/** A part of the expected time that is always left. */
const LEFT_MIN = 0.2

/** Expected time until an attempt ends; where it is overdue, as long again as it is overdue: it may hang. */
function remainingMs(flock: Flock, { kind, elapsedMs, wasPrepared }: ActiveWork): number {
  const expected = flock.workMs(kind) + (wasPrepared ? 0 : flock.setUpMs)
  return Math.max(Math.abs(expected - elapsedMs), expected * LEFT_MIN)
}
