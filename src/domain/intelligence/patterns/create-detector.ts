import type { PatternKind } from '../../model/pattern-settings.ts'
import { ClusterDetector } from './detectors/clusters.ts'
import { FailureCascadeDetector } from './detectors/failure-cascade.ts'
import { HerdingDetector } from './detectors/herding.ts'
import { PingPongDetector } from './detectors/ping-pong.ts'
import { PolarisationDetector } from './detectors/polarisation.ts'
import { SpecialisationDetector } from './detectors/specialisation.ts'
import { SynchronyDetector } from './detectors/synchrony.ts'
import { WaitCycleDetector } from './detectors/wait-cycle.ts'
import type { Detector } from './pattern.ts'

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
