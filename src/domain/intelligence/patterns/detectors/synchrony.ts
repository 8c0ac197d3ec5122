import type { EndedObservation, Observation } from '../observation.ts'
import {
  AGENTS_NAMED_MAX,
  type Detector,
  EVIDENCE_MAX,
  FALSE_ALARMS_PER_WINDOW,
  type Judgement,
} from '../pattern.ts'
import { rayleighTail } from '../statistics/tail-probabilities.ts'
import { BoundedMap } from '../tally.ts'

interface Act {
  readonly at: number
  readonly sequence: number
}

interface Phase {
  readonly agentId: string
  readonly sequence: number
  /** Share of the agent's own period since its last act, 0 to 1. */
  readonly phase: number
  readonly periodMs: number
}

const AGENTS_MAX = 1_000
const AGENTS_MIN = 5
const ACTS_KEPT = 32
const ACTS_MIN = 4
/** Largest coefficient of variation of the gaps of an agent that counts as periodic. */
const VARIATION_MAX = 0.35
/** An agent is in step where its phase is within this share of a period of the mean phase. */
const IN_STEP = 0.15

/**
 * Synchrony: agents that work in a rhythm of their own end their work at the same moments.
 *
 * Null model: the phases of periodic agents are independent. The time since an agent's last act, as a share of its own
 * period, is then uniform whatever the periods are, and Rayleigh's test asks whether the phases point one way. Agents
 * without a rhythm are left out. One judgement per half window.
 *
 * Effect: length of the mean resultant of the phases (the order parameter of Kuramoto).
 */
export class SynchronyDetector implements Detector {
  readonly kind = 'synchrony'
  readonly reads = ['ended'] as const
  readonly #windowMs: number
  readonly #acts = new BoundedMap<Act[]>(AGENTS_MAX)
  #judgedAt: number | undefined

  /** @param windowMs length of a window in milliseconds, at least 1 000 */
  constructor(windowMs = 100_000) {
    this.#windowMs = windowMs
  }

  observe(observation: Observation): Judgement | undefined {
    this.#judgedAt ??= observation.at + this.#windowMs / 2
    const strideMs = this.#windowMs / 2
    const elapsed = Math.floor((observation.at - this.#judgedAt) / strideMs)
    let judgement: Judgement | undefined
    if (elapsed >= 1) {
      this.#judgedAt += elapsed * strideMs
      judgement = this.#judge(this.#judgedAt)
    }
    if (observation.kind === 'ended' && observation.outcome !== 'returned') this.#note(observation)
    return judgement
  }

  #note({ agentId, at, sequence }: EndedObservation): void {
    const acts = this.#acts.get(agentId) ?? []
    acts.push({ at, sequence })
    if (acts.length > ACTS_KEPT) acts.shift()
    // Set anew, so that the agent that was silent for the longest time is dropped first.
    this.#acts.delete(agentId)
    this.#acts.set(agentId, acts)
  }

  #judge(at: number): Judgement {
    const phases: Phase[] = []
    for (const [agentId, acts] of this.#acts) {
      const recent = acts.filter((act) => act.at > at - this.#windowMs && act.at <= at)
      const phase = phaseOf(agentId, recent, at)
      if (phase !== undefined) phases.push(phase)
    }
    if (phases.length < AGENTS_MIN) return { found: [] }
    const x = mean(phases.map(({ phase }) => Math.cos(2 * Math.PI * phase)))
    const y = mean(phases.map(({ phase }) => Math.sin(2 * Math.PI * phase)))
    const resultant = Math.hypot(x, y)
    const pValue = rayleighTail(phases.length, resultant)
    if (pValue >= FALSE_ALARMS_PER_WINDOW / 2) return { found: [] }
    const inStep = nearest(phases, Math.atan2(y, x) / (2 * Math.PI))
    return {
      found: [
        {
          kind: 'synchrony',
          key: 'swarm',
          agentIds: inStep.map(({ agentId }) => agentId).slice(0, AGENTS_NAMED_MAX),
          evidence: inStep
            .map(({ sequence }) => sequence)
            .toSorted((a, b) => a - b)
            .slice(-EVIDENCE_MAX),
          taskIds: [],
          groups: [],
          pValue,
          effect: resultant,
          periodMs: mean(inStep.map(({ periodMs }) => periodMs)),
          at,
        },
      ],
    }
  }
}

/** undefined where the agent has no rhythm, or has been silent for longer than two periods. */
function phaseOf(agentId: string, acts: readonly Act[], at: number): Phase | undefined {
  const first = acts[0]
  const last = acts.at(-1)
  if (first === undefined || last === undefined || acts.length < ACTS_MIN) return undefined
  const gaps = acts.slice(1).map((act, index) => act.at - (acts[index]?.at ?? act.at))
  const period = mean(gaps)
  const variation = Math.sqrt(mean(gaps.map((gap) => (gap - period) ** 2))) / period
  if (period <= 0 || variation > VARIATION_MAX || at - last.at > 2 * period) return undefined
  return { agentId, sequence: last.sequence, phase: ((at - last.at) / period) % 1, periodMs: period }
}

function nearest(phases: readonly Phase[], centre: number): Phase[] {
  const distance = ({ phase }: Phase) => Math.abs(phase - centre - Math.round(phase - centre))
  return phases.filter((phase) => distance(phase) <= IN_STEP).toSorted((a, b) => distance(a) - distance(b))
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
