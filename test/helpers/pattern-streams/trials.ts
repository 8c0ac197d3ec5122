import { ClusterDetector } from '#domain/intelligence/patterns/detectors/clusters.ts'
import { FailureCascadeDetector } from '#domain/intelligence/patterns/detectors/failure-cascade.ts'
import { HerdingDetector } from '#domain/intelligence/patterns/detectors/herding.ts'
import { PingPongDetector } from '#domain/intelligence/patterns/detectors/ping-pong.ts'
import { PolarisationDetector } from '#domain/intelligence/patterns/detectors/polarisation.ts'
import { SpecialisationDetector } from '#domain/intelligence/patterns/detectors/specialisation.ts'
import { SynchronyDetector } from '#domain/intelligence/patterns/detectors/synchrony.ts'
import { WaitCycleDetector } from '#domain/intelligence/patterns/detectors/wait-cycle.ts'
import type { Observation } from '#domain/intelligence/patterns/observation.ts'
import type { Detector, Finding } from '#domain/intelligence/patterns/pattern.ts'
import type { PatternKind } from '#domain/model/pattern-settings.ts'
import { SeededRandom } from '#simulation/seeded-random.ts'
import { OscillatorStream, WaitStream } from './agent-streams.ts'
import { BallotStream, TieStream } from './group-streams.ts'
import type { PatternStream, StreamShift } from './pattern-stream.ts'
import { QueueStream } from './queue-stream.ts'
import { BounceStream, FailureStream, SpecialistStream } from './task-streams.ts'

/** One detector with its planted effect and its null stream. */
export interface PatternTrial<S extends PatternStream = PatternStream> {
  readonly kind: PatternKind
  /** Window as specified, in units of the stream. */
  readonly window: number
  readonly agents: number
  /** Units after the onset within which the pattern must be found. */
  readonly findWithin: number
  readonly detector: (window: number) => Detector
  readonly stream: (random: SeededRandom, shift: StreamShift) => S
  /** Whether the finding names what was planted. */
  readonly isNamed: (finding: Finding, stream: S) => boolean
}

function trial<S extends PatternStream>(definition: PatternTrial<S>): PatternTrial {
  return definition as unknown as PatternTrial
}

export const TRIALS: readonly PatternTrial[] = [
  trial({
    kind: 'herding',
    window: 60,
    agents: 10,
    findWithin: 2_400,
    detector: (window) => new HerdingDetector(window),
    stream: (random, shift) => new QueueStream(random, shift),
    isNamed: ({ agentIds }) => agentIds.length > 0,
  }),
  trial({
    kind: 'ping_pong',
    window: 100,
    agents: 10,
    findWithin: 1_000,
    detector: (window) => new PingPongDetector(window),
    stream: (random, shift) => new BounceStream(random, shift),
    isNamed: ({ agentIds }, { pair }) => agentIds.join() === pair.toSorted().join(),
  }),
  trial({
    kind: 'wait_cycle',
    window: 10,
    agents: 15,
    findWithin: 1_000,
    detector: () => new WaitCycleDetector(),
    stream: (random, shift) => new WaitStream(random, shift),
    isNamed: ({ agentIds, evidence }, { cycles }) => {
      const { members = [], closedBy } = cycles.at(-1) ?? {}
      return agentIds.toSorted().join() === members.toSorted().join() && evidence.at(-1) === closedBy
    },
  }),
  trial({
    kind: 'failure_cascade',
    window: 50,
    agents: 20,
    findWithin: 2_000,
    detector: (window) => new FailureCascadeDetector(window * 1_000),
    stream: (random, shift) => new FailureStream(random, shift),
    isNamed: ({ agentIds }) => agentIds.length >= 3,
  }),
  trial({
    kind: 'specialisation',
    window: 250,
    agents: 10,
    findWithin: 2_500,
    detector: (window) => new SpecialisationDetector(window),
    stream: (random, shift) => new SpecialistStream(random, shift),
    isNamed: ({ agentIds, groups }) => {
      const own = groups.flatMap(({ label, agentIds }) =>
        agentIds.map((agentId) => `type-${Number(agentId.slice(6)) % 4}` === label),
      )
      return agentIds.length >= 3 && own.filter(Boolean).length >= 0.75 * own.length
    },
  }),
  trial({
    kind: 'polarisation',
    window: 20,
    agents: 20,
    findWithin: 200,
    detector: (window) => new PolarisationDetector(window),
    stream: (random, shift) => new BallotStream(random, shift),
    isNamed: ({ groups }, { blocOf }) => {
      const right = groups
        .flatMap(({ agentIds }, bloc) => agentIds.map((agentId) => blocOf.get(agentId) === bloc))
        .filter(Boolean).length
      return Math.max(right, blocOf.size - right) >= 0.85 * blocOf.size
    },
  }),
  trial({
    kind: 'synchrony',
    window: 100,
    agents: 20,
    findWithin: 1_000,
    detector: (window) => new SynchronyDetector(window * 1_000),
    stream: (random, shift) => new OscillatorStream(random, shift),
    isNamed: ({ agentIds }) => agentIds.length >= 10,
  }),
  trial({
    kind: 'clusters',
    window: 400,
    agents: 20,
    findWithin: 4_000,
    detector: (window) => new ClusterDetector(window),
    stream: (random, shift) => new TieStream(random, shift),
    isNamed: ({ groups }, stream) => {
      const right = groups.map(({ agentIds }) => {
        const sizes = [0, 1, 2, 3].map(
          (community) => agentIds.filter((agentId) => stream.communityOf(agentId) === community).length,
        )
        return Math.max(...sizes)
      })
      return right.reduce((sum, size) => sum + size, 0) >= 15
    },
  }),
]

export interface NullOutcome {
  readonly windows: number
  /** Windows with at least one finding. */
  readonly alarms: number
  /** Windows in which the cheap rule would have given an alarm. */
  readonly cheapAlarms: number
}

/** Runs null windows through one detector. */
export function countFalseAlarms(
  trial: PatternTrial,
  {
    seed,
    windows,
    window = trial.window,
    shift,
    cheapRule,
  }: {
    readonly seed: number
    readonly windows: number
    readonly window?: number
    readonly shift?: StreamShift
    readonly cheapRule?: (observations: readonly Observation[]) => boolean
  },
): NullOutcome {
  const stream = trial.stream(new SeededRandom(seed), shift ?? { agents: trial.agents, rate: 1 })
  const detector = trial.detector(window)
  let alarms = 0
  let cheapAlarms = 0
  for (let index = 0; index < windows; index++) {
    let isAlarm = false
    const seen: Observation[] = []
    for (let units = 0; units < window - 1e-6; ) {
      const step = stream.step(false)
      units += step.units
      for (const observation of step.observations) {
        if (cheapRule !== undefined) seen.push(observation)
        isAlarm = (detector.observe(observation)?.found.length ?? 0) > 0 || isAlarm
      }
    }
    if (isAlarm) alarms += 1
    if (cheapRule?.(seen)) cheapAlarms += 1
  }
  return { windows, alarms, cheapAlarms }
}

export interface PlantedOutcome {
  readonly runs: number
  readonly found: number
  /** Of the runs that were found: those whose first finding names what was planted. */
  readonly named: number
  /** Units from the onset to the first finding, ascending. */
  readonly delays: readonly number[]
}

/** Plants the effect after a random number of null units, over and over, and measures when it is found. */
export function findPlanted(
  trial: PatternTrial,
  {
    seed,
    runs,
    window = trial.window,
    shift,
  }: { readonly seed: number; readonly runs: number; readonly window?: number; readonly shift?: StreamShift },
): PlantedOutcome {
  const random = new SeededRandom(seed)
  const delays: number[] = []
  let named = 0
  for (let run = 0; run < runs; run++) {
    const stream = trial.stream(random.fork(), shift ?? { agents: trial.agents, rate: 1 })
    const detector = trial.detector(window)
    for (let before = window * (2 + 3 * random.next()); before > 0; ) {
      const step = stream.step(false)
      before -= step.units
      for (const observation of step.observations) detector.observe(observation)
    }
    const outcome = firstFinding(stream, detector, trial.findWithin)
    if (outcome === undefined) continue
    delays.push(outcome.delay)
    if (trial.isNamed(outcome.finding, stream)) named += 1
  }
  return { runs, found: delays.length, named, delays: delays.toSorted((a, b) => a - b) }
}

function firstFinding(stream: PatternStream, detector: Detector, findWithin: number) {
  for (let delay = 0; delay < findWithin; ) {
    const step = stream.step(true)
    delay += step.units
    for (const observation of step.observations) {
      const [finding] = detector.observe(observation)?.found ?? []
      if (finding !== undefined) return { finding, delay }
    }
  }
  return undefined
}
