import { FailureCascadeDetector } from '#domain/intelligence/patterns/detectors/failure-cascade.ts'
import { HerdingDetector } from '#domain/intelligence/patterns/detectors/herding.ts'
import { SynchronyDetector } from '#domain/intelligence/patterns/detectors/synchrony.ts'
import type { Observation } from '#domain/intelligence/patterns/observation.ts'
import type { Detector } from '#domain/intelligence/patterns/pattern.ts'
import type { PatternActions } from '#domain/intelligence/patterns/pattern-actions.ts'
import type { PatternResponse } from '#domain/intelligence/patterns/pattern-record.ts'
import { PatternResponder } from '#domain/intelligence/patterns/pattern-responder.ts'
import { PatternTracker } from '#domain/intelligence/patterns/pattern-tracker.ts'
import { epochMs } from '#domain/model/ids.ts'
import { ManualClock } from '#simulation/manual-clock.ts'
import { MemoryLogger } from '#simulation/memory/memory-logger.ts'
import { SeededRandom } from '#simulation/seeded-random.ts'
import { OscillatorStream } from './agent-streams.ts'
import { QueueStream } from './queue-stream.ts'
import { FailureStream } from './task-streams.ts'

const COOLDOWN_MS = 10_000

/** A detector, its tracker and the responder of the product, over a stream of a test. */
export class RespondingSwarm {
  readonly responses: PatternResponse[] = []
  readonly tracker = new PatternTracker()
  readonly #detector: Detector
  readonly #responder: PatternResponder
  readonly #clock: ManualClock
  readonly #isResponding: boolean
  /** Judgements that found something. */
  findings = 0

  constructor(detector: Detector, isResponding: boolean, actions: Partial<PatternActions>, seed = 1) {
    this.#detector = detector
    this.#isResponding = isResponding
    this.#clock = new ManualClock()
    const nothing: PatternActions = {
      spreadLoad: () => undefined,
      detour: () => undefined,
      failTask: () => Promise.resolve(),
      openBreakers: () => undefined,
      rest: () => undefined,
      agentCount: () => 20,
    }
    this.#responder = new PatternResponder({
      actions: { ...nothing, ...actions },
      clock: { ...bound(this.#clock), now: () => epochMs(Math.round(this.#at)) },
      random: new SeededRandom(seed),
      logger: new MemoryLogger(),
    })
  }

  #at = 0

  async observe(observation: Observation): Promise<void> {
    this.#at = observation.at
    const judgement = this.#detector.observe(observation)
    if (judgement === undefined) return
    if (judgement.found.length > 0) this.findings += 1
    for (const { type, pattern } of this.tracker.judged(
      this.#detector.kind,
      judgement,
      observation.sequence,
      observation.at,
    )) {
      if (type === 'ended' || !this.#isResponding) continue
      const response = await this.#responder.respond(pattern, this.responses)
      if (response !== undefined) this.responses.push(response)
    }
  }
}

function bound(clock: ManualClock) {
  return {
    monotonic: () => clock.monotonic(),
    setTimer: (delayMs: number, callback: () => void) => clock.setTimer(delayMs, callback),
  }
}

export interface HerdingOutcome {
  /** Mean response of tasks, in seconds, from 500 assignments after the onset on. */
  readonly meanResponseS: number
  readonly responses: number
}

const FRESH = 600
const AFTER_ONSET = 500
const SCORED = 4_000

/** A stale board from assignment 600 on, with the response on or off; `isHerding` false is the fresh rule throughout. */
export async function herdingResponse(
  seed: number,
  { isHerding, isResponding }: { isHerding: boolean; isResponding: boolean },
): Promise<HerdingOutcome> {
  const stream = new QueueStream(new SeededRandom(seed), { agents: 10, rate: 1 })
  const actions = { spreadLoad: (durationMs: number) => stream.spreadLoad(durationMs) }
  const swarm = new RespondingSwarm(new HerdingDetector(), isResponding, actions, seed)
  for (let assignment = 0; assignment < FRESH + AFTER_ONSET + SCORED; assignment++) {
    for (const observation of stream.step(isHerding && assignment >= FRESH).observations)
      await swarm.observe(observation)
  }
  const scored = stream.responses.slice(FRESH + AFTER_ONSET)
  const meanResponseS = scored.reduce((sum, response) => sum + response, 0) / scored.length
  return { meanResponseS, responses: swarm.responses.length }
}

/** Failures in the 20 s after each cascade was found, on average. */
export async function cascadeResponse(
  seed: number,
  isResponding: boolean,
): Promise<{ readonly failuresAfter: number; readonly cascades: number }> {
  const stream = new FailureStream(new SeededRandom(seed), { agents: 20, rate: 1 })
  const actions = {
    openBreakers: (agentIds: readonly string[]) => stream.openBreakers(agentIds, COOLDOWN_MS),
  }
  const swarm = new RespondingSwarm(new FailureCascadeDetector(), isResponding, actions, seed)
  const founds: number[] = []
  const failures: number[] = []
  for (let second = 0; second < 20_000; second++) {
    for (const observation of stream.step(true).observations) {
      failures.push(observation.at)
      const before = swarm.findings
      await swarm.observe(observation)
      const last = founds.at(-1) ?? Number.NEGATIVE_INFINITY
      if (swarm.findings > before && observation.at - last > 60_000) founds.push(observation.at)
    }
  }
  const after = founds.map((at) => failures.filter((time) => time > at && time <= at + 20_000).length)
  return {
    failuresAfter: after.reduce((sum, count) => sum + count, 0) / after.length,
    cascades: founds.length,
  }
}

/** Agents that start at the same moment, with periods of 10 s ± 0.1 %, in the 400 s after. */
export async function synchronyResponse(
  seed: number,
  isResponding: boolean,
): Promise<{ readonly findings: number; readonly isActive: boolean }> {
  const stream = new OscillatorStream(new SeededRandom(seed), { agents: 20, rate: 1, periodSpread: 0.001 })
  stream.align()
  const actions = { rest: (agentId: string, durationMs: number) => stream.rest(agentId, durationMs) }
  const swarm = new RespondingSwarm(new SynchronyDetector(), isResponding, actions, seed)
  for (let tenth = 0; tenth < 4_000; tenth++)
    for (const observation of stream.step(false).observations) await swarm.observe(observation)
  return { findings: swarm.findings, isActive: swarm.tracker.active.length > 0 }
}
