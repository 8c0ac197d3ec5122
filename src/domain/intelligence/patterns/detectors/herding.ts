import type { AssignedObservation, Observation } from '../observation.ts'
import {
  AGENTS_NAMED_MAX,
  type Detector,
  EVIDENCE_MAX,
  FALSE_ALARMS_PER_WINDOW,
  type Finding,
  type Judgement,
} from '../pattern.ts'
import { SlidingWindow } from '../sliding-window.ts'
import { testTwoRows } from '../statistics/contingency.ts'
import { momentMatchedUpperTail } from '../statistics/tail-probabilities.ts'
import { AgentLoads } from './agent-loads.ts'

interface Placed {
  readonly sequence: number
  readonly at: number
  readonly taskType: string
  readonly agentId: string
  /** Tasks that the agent held before this one, and those that the others held on average. */
  readonly ownLoad: number
  readonly othersLoad: number
}

const WINDOWS_COMPARED = 4
const AGENT_COUNT_MIN = 3
/** An agent is named where it got more than this many standard deviations beyond its share. */
const NAMED_DEVIATIONS = 2

/**
 * Herding: assignments crowd onto few agents, as where many choose by the same stale view of the load.
 *
 * Null model: for each task type, the order of the last two to four windows of assignments is exchangeable, so the
 * newest window is a random part of them. The test compares it with those before it (X² of window ×
 * agent, summed over task types, with exact conditional moments). It needs no assumption on rates, on the number of
 * agents or on how uneven their shares are. Agents that came or went within the four windows are left out.
 * Where the log shows how tasks end, the crowded agents must also have been busier than the others when they were
 * chosen: an agent that gets everything because the rest is busy is no herd.
 *
 * Effect: share of the window's assignments beyond what the named agents were due.
 */
export class HerdingDetector implements Detector {
  readonly kind = 'herding'
  readonly reads = ['assigned', 'ended', 'presence'] as const
  readonly #window: number
  readonly #assignments: SlidingWindow<Placed>
  readonly #loads = new AgentLoads()
  readonly #cameOrWent = new Map<string, number>()
  #count = 0
  #lastEnd = Number.NEGATIVE_INFINITY

  /** @param window assignments in a window, at least 10 */
  constructor(window = 60) {
    this.#window = window
    this.#assignments = new SlidingWindow(WINDOWS_COMPARED * window, window, 2 * window)
  }

  observe(observation: Observation): Judgement | undefined {
    if (observation.kind === 'assigned') return this.#assigned(observation)
    if (observation.kind === 'ended' && this.#loads.end(observation.taskId)) this.#lastEnd = this.#count
    if (observation.kind === 'presence') {
      this.#cameOrWent.set(observation.agentId, this.#count)
      if (!observation.isPresent) this.#loads.leave(observation.agentId)
    }
    return undefined
  }

  #assigned(observation: AssignedObservation): Judgement | undefined {
    this.#count += 1
    const { sequence, at, taskType, agentId } = observation
    const { ownLoad, othersLoad } = this.#loads.assign(observation.taskId, agentId)
    const due = this.#assignments.add({ sequence, at, taskType, agentId, ownLoad, othersLoad })
    return due && this.#judge(due)
  }

  #judge(all: readonly Placed[]): Judgement {
    this.#forgetSettled(all.length)
    const isSettled = ({ agentId }: Placed) => !this.#cameOrWent.has(agentId)
    const settled = this.#cameOrWent.size === 0 ? all : all.filter(isSettled)
    const newest = all.slice(-this.#window).filter(isSettled)
    const samples = compare(settled, settled.length - newest.length)
    const total = { statistic: 0, mean: 0, variance: 0 }
    for (const { before, now } of samples.values()) {
      const test = testTwoRows(now, before)
      total.statistic += test?.statistic ?? 0
      total.mean += test?.mean ?? 0
      total.variance += test?.variance ?? 0
    }
    const pValue = momentMatchedUpperTail(total.statistic, total.mean, total.variance)
    if (pValue >= FALSE_ALARMS_PER_WINDOW) return { found: [] }
    if (new Set(settled.map(({ agentId }) => agentId)).size < AGENT_COUNT_MIN) return { found: [] }
    const crowded = [...excessOf(samples.values())]
      .filter(([, { beyond, due }]) => beyond > NAMED_DEVIATIONS * Math.sqrt(Math.max(1, due)))
      .toSorted(([, a], [, b]) => b.beyond - a.beyond)
    const names = new Set(crowded.map(([agentId]) => agentId))
    const shown = newest.filter(({ agentId }) => names.has(agentId))
    if (shown.length === 0 || !this.#isOntoBusy(shown, all.length)) return { found: [] }
    const beyond = crowded.reduce((sum, [, part]) => sum + part.beyond, 0)
    return { found: [finding([...names], shown, pValue, beyond / this.#window)] }
  }

  #forgetSettled(span: number): void {
    for (const [agentId, count] of this.#cameOrWent)
      if (count <= this.#count - span) this.#cameOrWent.delete(agentId)
  }

  #isOntoBusy(shown: readonly Placed[], span: number): boolean {
    if (this.#lastEnd < this.#count - span) return true
    const own = shown.reduce((sum, { ownLoad }) => sum + ownLoad, 0)
    const others = shown.reduce((sum, { othersLoad }) => sum + othersLoad, 0)
    return own > others
  }
}

/** Assignments of one task type to each agent, in the newest window and before it. */
interface Sample {
  readonly before: Map<string, number>
  readonly now: Map<string, number>
}

function compare(items: readonly Placed[], newFrom: number): Map<string, Sample> {
  const samples = new Map<string, Sample>()
  for (const [index, { taskType, agentId }] of items.entries()) {
    let sample = samples.get(taskType)
    if (sample === undefined) {
      sample = { before: new Map(), now: new Map() }
      samples.set(taskType, sample)
    }
    const counts = index < newFrom ? sample.before : sample.now
    counts.set(agentId, (counts.get(agentId) ?? 0) + 1)
  }
  return samples
}

/** What each agent got in the newest window beyond its share, over all task types. */
function excessOf(samples: Iterable<Sample>): Map<string, { beyond: number; due: number }> {
  const excess = new Map<string, { beyond: number; due: number }>()
  for (const { before, now } of samples) {
    const nowTotal = totalOf(now)
    const share = nowTotal / (nowTotal + totalOf(before))
    for (const agentId of new Set([...now.keys(), ...before.keys()])) {
      const due = share * ((now.get(agentId) ?? 0) + (before.get(agentId) ?? 0))
      const sum = excess.get(agentId) ?? { beyond: 0, due: 0 }
      excess.set(agentId, { beyond: sum.beyond + (now.get(agentId) ?? 0) - due, due: sum.due + due })
    }
  }
  return excess
}

function totalOf(counts: ReadonlyMap<string, number>): number {
  return [...counts.values()].reduce((sum, count) => sum + count, 0)
}

function finding(
  agentIds: readonly string[],
  shown: readonly Placed[],
  pValue: number,
  effect: number,
): Finding {
  const newest = shown.slice(-EVIDENCE_MAX)
  return {
    kind: 'herding',
    key: 'swarm',
    agentIds: agentIds.slice(0, AGENTS_NAMED_MAX),
    evidence: newest.map(({ sequence }) => sequence),
    taskIds: [],
    groups: [],
    pValue,
    effect: Math.min(1, effect),
    at: newest.at(-1)?.at ?? 0,
  }
}
