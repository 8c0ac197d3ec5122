import type { AssignedObservation, Observation } from '../observation.ts'
import {
  type Detector,
  EVIDENCE_MAX,
  FALSE_ALARMS_PER_WINDOW,
  type Finding,
  type Judgement,
} from '../pattern.ts'
import { BoundedMap, RecentMap } from '../tally.ts'
import { DestinationShares } from './destination-shares.ts'

interface Path {
  readonly previous: string | undefined
  readonly holder: string
  readonly holderSequence: number
}

interface PairEvidence {
  /** Logarithm of the likelihood ratio of bouncing against chance. */
  logRatio: number
  returns: number
  readonly sequences: number[]
  readonly taskIds: Set<string>
  isFound: boolean
}

const TASKS_FOLLOWED_MAX = 20_000
const PAIRS_MAX = 10_000
const TASKS_NAMED_MAX = 16
/** Chance of a return between two agents that bounce tasks; the alternative of the likelihood ratio. */
const RETURN_CHANCE = 0.9
const QUIET: Judgement = { found: [] }

/**
 * Ping-pong: two agents hand the same tasks back and forth.
 *
 * Null model: the next holder of a task does not depend on the one before; the chance of a return is the share of that
 * agent among the destinations of such tasks, at least 1 / (agents − 1). For each pair a likelihood ratio against
 * that chance is a test martingale, so by Ville's inequality it exceeds pairs / level in a window with at most the
 * chance `level`, whenever one looks (Ramdas et al., "Game-theoretic statistics and safe anytime-valid inference",
 * Statistical Science 2023). The evidence starts anew with each window.
 *
 * Effect: share of the returns in the window that this pair made.
 */
export class PingPongDetector implements Detector {
  readonly kind = 'ping_pong'
  readonly reads = ['assigned', 'ended'] as const
  readonly #window: number
  readonly #paths = new RecentMap<Path>(TASKS_FOLLOWED_MAX)
  readonly #destinations = new DestinationShares()
  #pairs = new BoundedMap<PairEvidence>(PAIRS_MAX)
  #tasks = 0
  #returns = 0

  /** @param window new tasks in a window, at least 10 */
  constructor(window = 100) {
    this.#window = window
  }

  observe(observation: Observation): Judgement | undefined {
    if (observation.kind === 'assigned') return this.#assigned(observation)
    if (observation.kind === 'ended' && observation.outcome === 'completed')
      this.#paths.delete(observation.taskId)
    return undefined
  }

  #assigned(observation: AssignedObservation): Judgement | undefined {
    const { taskId, agentId, sequence, taskType } = observation
    const path = this.#paths.get(taskId)
    if (path?.holder === agentId) return undefined
    const previous = path?.holder
    this.#paths.set(taskId, { previous, holder: agentId, holderSequence: sequence })
    if (path === undefined) {
      this.#destinations.count(taskType, agentId)
      return this.#countTask()
    }
    return path.previous === undefined ? undefined : this.#handedOn(observation, path.previous, path)
  }

  #countTask(): Judgement | undefined {
    this.#tasks += 1
    if (this.#tasks < this.#window) return undefined
    const found = [...this.#pairs.values()].some(({ isFound }) => isFound)
    this.#tasks = 0
    this.#returns = 0
    this.#pairs = new BoundedMap<PairEvidence>(PAIRS_MAX)
    this.#destinations.fade()
    return found ? undefined : QUIET
  }

  /** The task went from `origin` to the holder of `path` and now to the observed agent: back, or on? */
  #handedOn(observation: AssignedObservation, origin: string, path: Path): Judgement | undefined {
    const { agentId, taskId, taskType, sequence } = observation
    const isReturn = agentId === origin
    const chance = this.#destinations.chanceOf(taskType, origin, path.holder)
    // Where nearly every hand-over has to be a return, a return says nothing.
    const likely = Math.max(RETURN_CHANCE, chance)
    const key = [origin, path.holder].toSorted().join('|')
    const pair = this.#pairs.get(key) ?? newPair()
    this.#pairs.set(key, pair)
    pair.logRatio += isReturn
      ? Math.log(likely / chance)
      : Math.log((1 - likely + 1e-12) / (1 - chance + 1e-12))
    if (!isReturn) return undefined
    this.#returns += 1
    pair.returns += 1
    pair.sequences.push(path.holderSequence, sequence)
    pair.taskIds.add(taskId)
    if (pair.sequences.length > 2 * EVIDENCE_MAX) pair.sequences.splice(0, EVIDENCE_MAX)
    if (pair.logRatio < this.#thresholdLog()) return undefined
    pair.isFound = true
    return { found: [this.#finding(key, pair, observation, path.holder)] }
  }

  #thresholdLog(): number {
    const agents = Math.max(2, this.#destinations.agentCount)
    return Math.log((agents * (agents - 1)) / 2 / FALSE_ALARMS_PER_WINDOW)
  }

  #finding(key: string, pair: PairEvidence, { agentId, at }: AssignedObservation, other: string): Finding {
    return {
      kind: 'ping_pong',
      key,
      agentIds: [agentId, other].toSorted(),
      evidence: [...new Set(pair.sequences)].slice(-EVIDENCE_MAX),
      taskIds: [...pair.taskIds].toReversed().slice(0, TASKS_NAMED_MAX),
      groups: [],
      pValue: Math.exp(-pair.logRatio),
      effect: pair.returns / this.#returns,
      at,
    }
  }
}

function newPair(): PairEvidence {
  return { logRatio: 0, returns: 0, sequences: [], taskIds: new Set(), isFound: false }
}
