import type { EndedObservation, Observation } from '../observation.ts'
import {
  AGENTS_NAMED_MAX,
  type Detector,
  EVIDENCE_MAX,
  FALSE_ALARMS_PER_WINDOW,
  type Finding,
  type Judgement,
} from '../pattern.ts'
import { binomialUpperTail, hypergeometricUpperTail } from '../statistics/tail-probabilities.ts'
import { tally } from '../tally.ts'

interface Burst {
  readonly failures: readonly EndedObservation[]
  readonly pValue: number
}

/** Failures and ends kept of one window; with more, the window is shorter. */
const KEPT_MAX = 2_000
/** Longest part of the window that counts as a burst. */
const BURST_SHARE_MAX = 0.2
const FAILURES_MIN = 4
const AGENTS_MIN = 3
/** Times are known to the millisecond only: each event may have been this much earlier. */
const RESOLUTION_MS = 1

/**
 * Failure cascades: one failure brings about others at other agents shortly after.
 *
 * Null model: failures arrive as a Poisson process of any rate that changes little within a window. Given the number
 * of failures in the window that ends with the newest one, the others are uniform in it, so the number in the last
 * part of it is binomial (the conditional scan statistic: Naus, "The distribution of the size of the maximum cluster
 * of points on a line", JASA 1965). The level is divided by the failures in the window and by the sizes that are
 * tried. Where the log also shows successes, the ends in the burst must also have failed
 * more often than the others (Fisher's exact test): a burst of work is no cascade.
 *
 * Effect: share of the window's failures that fall in the burst.
 */
export class FailureCascadeDetector implements Detector {
  readonly kind = 'failure_cascade'
  readonly reads = ['ended'] as const
  readonly #windowMs: number
  #failures: EndedObservation[] = []
  #completions: number[] = []
  #beganAt: number | undefined
  #quietAt = Number.NEGATIVE_INFINITY

  /** @param windowMs length of a window in milliseconds, at least 1 000 */
  constructor(windowMs = 50_000) {
    this.#windowMs = windowMs
  }

  observe(observation: Observation): Judgement | undefined {
    this.#beganAt ??= observation.at
    if (observation.kind !== 'ended' || observation.outcome === 'returned') return undefined
    if (observation.outcome === 'completed') return this.#completed(observation.at)
    const windowMs = this.#cut(observation)
    this.#failures.push(observation)
    if (observation.at - this.#beganAt < this.#windowMs || windowMs <= 0) return undefined
    const burst = this.#newestBurst(observation.at, windowMs)
    if (burst === undefined) return this.#quiet(observation.at)
    this.#quietAt = observation.at
    return { found: [finding(burst, this.#failures.length)] }
  }

  #completed(at: number): Judgement | undefined {
    this.#completions.push(at)
    if (this.#completions.length > 2 * KEPT_MAX) this.#completions = this.#completions.slice(-KEPT_MAX)
    return this.#quiet(at)
  }

  /** At most one quiet judgement a window. */
  #quiet(at: number): Judgement | undefined {
    if (at - this.#quietAt < this.#windowMs) return undefined
    this.#quietAt = at
    return { found: [] }
  }

  /** Drops what is older than the window. @returns the length of the window that is known, in milliseconds */
  #cut({ at }: EndedObservation): number {
    const since = at - this.#windowMs
    const isCut = this.#failures.length >= KEPT_MAX
    const start = this.#failures.findIndex((failure) => failure.at > since)
    this.#failures = start < 0 ? [] : this.#failures.slice(isCut ? Math.max(start, 1) : start)
    return isCut ? at - (this.#failures[0]?.at ?? at) : this.#windowMs
  }

  #newestBurst(at: number, windowMs: number): Burst | undefined {
    const count = this.#failures.length
    const level = FALSE_ALARMS_PER_WINDOW / (count * count)
    let best: Burst | undefined
    for (let size = FAILURES_MIN; size <= count; size++) {
      const first = this.#failures[count - size]
      const lengthMs = at - (first?.at ?? at) + size * RESOLUTION_MS
      if (lengthMs > BURST_SHARE_MAX * windowMs) break
      const pValue = binomialUpperTail(size - 1, count - 1, lengthMs / windowMs)
      if (pValue < level && pValue < (best?.pValue ?? 1))
        best = { failures: this.#failures.slice(-size), pValue }
    }
    return best !== undefined && hasSpread(best) && !this.#isBurstOfEnds(best, at) ? best : undefined
  }

  /** Whether the tasks of the burst failed no more often than those around it. */
  #isBurstOfEnds({ failures }: Burst, at: number): boolean {
    const start = failures[0]?.at ?? at
    const inWindow = this.#completions.filter((time) => time > at - this.#windowMs)
    if (inWindow.length === 0) return false
    const ends = failures.length + inWindow.filter((time) => time >= start).length
    const count = this.#failures.length
    // Fisher's exact test: whether the ends of the burst failed more often than those of the whole window.
    const pValue = hypergeometricUpperTail(failures.length, ends, count, count + inWindow.length)
    return pValue > FALSE_ALARMS_PER_WINDOW / count
  }
}

function hasSpread({ failures }: Burst): boolean {
  return new Set(failures.map(({ agentId }) => agentId)).size >= AGENTS_MIN
}

function finding({ failures, pValue }: Burst, inWindow: number): Finding {
  const counts = [...tally(failures.map(({ agentId }) => agentId))].toSorted(([, a], [, b]) => b - a)
  return {
    kind: 'failure_cascade',
    key: 'swarm',
    agentIds: counts.map(([agentId]) => agentId).slice(0, AGENTS_NAMED_MAX),
    evidence: failures.slice(-EVIDENCE_MAX).map(({ sequence }) => sequence),
    taskIds: [],
    groups: [],
    pValue,
    effect: failures.length / inWindow,
    at: failures.at(-1)?.at ?? 0,
  }
}
