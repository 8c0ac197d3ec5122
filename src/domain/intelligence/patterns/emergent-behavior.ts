import { PATTERN_KINDS, type PatternKind, type PatternSettings } from '../../model/pattern-settings.ts'
import { createDetector } from './create-detector.ts'
import { EventObserver, type ObservableEvent } from './event-observer.ts'
import type { Observation } from './observation.ts'
import type { Detector } from './pattern.ts'
import { type Pattern, type PatternChange, PatternTracker } from './pattern-tracker.ts'
import { groupBy } from './tally.ts'

/**
 * Notices patterns in one event log: the detectors over it and the patterns that are active. Pure: equal events give
 * equal patterns, live and offline. Memory is bounded by the windows of the detectors.
 */
export class EmergentBehavior {
  readonly #observer = new EventObserver()
  readonly #detectors = new Map<PatternKind, Detector>()
  readonly #tracker: PatternTracker
  #readers = new Map<Observation['kind'], { readonly detector: Detector }[]>()
  #settings: PatternSettings | undefined

  constructor(settings: PatternSettings, quietMs?: number) {
    this.#tracker = new PatternTracker(quietMs)
    this.configure(settings)
  }

  get active(): readonly Pattern[] {
    return this.#tracker.active
  }

  /** A detector that is switched on, or whose window changes, begins anew; the patterns of one switched off end. */
  configure(settings: PatternSettings): PatternChange[] {
    const before = this.#settings
    this.#settings = settings
    const ended = PATTERN_KINDS.flatMap((kind) => {
      const { isEnabled, window } = settings[kind]
      if (before?.[kind].isEnabled === isEnabled && before[kind].window === window) return []
      this.#detectors.delete(kind)
      if (isEnabled) this.#detectors.set(kind, createDetector(kind, window))
      return isEnabled ? [] : this.#tracker.endKind(kind)
    })
    const detectors = [...this.#detectors.values()]
    this.#readers = groupBy(
      detectors.flatMap((detector) => detector.reads.map((kind) => ({ kind, detector }))),
      ({ kind }) => kind,
    )
    return ended
  }

  /** Takes up a pattern that was active before a takeover. */
  adopt(pattern: Pattern): void {
    if (this.#detectors.has(pattern.kind)) this.#tracker.adopt(pattern)
  }

  /** Fills the windows of the detectors with what happened before; nothing is noticed. */
  warmUp(event: ObservableEvent): void {
    for (const observation of this.#observer.observe(event))
      for (const { detector } of this.#readers.get(observation.kind) ?? []) detector.observe(observation)
  }

  read(event: ObservableEvent): PatternChange[] {
    if (this.#detectors.size === 0) return NOTHING
    const expired = this.#tracker.isIdle ? NOTHING : this.#tracker.expire(event.time)
    const observations = this.#observer.observe(event)
    if (observations.length === 0) return expired
    return [...observations.flatMap((observation) => this.#observe(observation)), ...expired]
  }

  #observe(observation: Observation): PatternChange[] {
    const changes: PatternChange[] = []
    for (const { detector } of this.#readers.get(observation.kind) ?? []) {
      const judgement = detector.observe(observation)
      if (judgement === undefined) continue
      changes.push(...this.#tracker.judged(detector.kind, judgement, observation.sequence, observation.at))
    }
    return changes
  }
}

const NOTHING: PatternChange[] = []
