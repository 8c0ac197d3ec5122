import { ClusterDetector } from './detectors/clusters.ts'
import { FailureCascadeDetector } from './detectors/failure-cascade.ts'
import { HerdingDetector } from './detectors/herding.ts'
import { PingPongDetector } from './detectors/ping-pong.ts'
import { PolarisationDetector } from './detectors/polarisation.ts'
import { SpecialisationDetector } from './detectors/specialisation.ts'
import { SynchronyDetector } from './detectors/synchrony.ts'
import { WaitCycleDetector } from './detectors/wait-cycle.ts'
import { type Detector, PATTERN_KINDS, type PatternKind } from './pattern.ts'
import type { PatternSettings } from './pattern-settings.ts'

const CREATE: Readonly<Record<PatternKind, (window: number) => Detector>> = {
  herding: (window) => new HerdingDetector(window),
  ping_pong: (window) => new PingPongDetector(window),
  wait_cycle: () => new WaitCycleDetector(),
  failure_cascade: (window) => new FailureCascadeDetector(window * 1_000),
  specialisation: (window) => new SpecialisationDetector(window),
  polarisation: (window) => new PolarisationDetector(window),
  synchrony: (window) => new SynchronyDetector(window * 1_000),
  clusters: (window) => new ClusterDetector(window),
}

export function createDetector(kind: PatternKind, window: number): Detector {
  return CREATE[kind](window)
}

/** The detectors that the settings switch on. */
export function createDetectors(settings: PatternSettings): Detector[] {
  return PATTERN_KINDS.filter((kind) => settings[kind].isEnabled).map((kind) =>
    createDetector(kind, settings[kind].window),
  )
}
