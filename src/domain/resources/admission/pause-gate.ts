import type { AdmissionFacts, AdmissionGate, Hold } from './admission-gate.ts'
import type { Controls } from './controls.ts'

/** Holds what is paused. What runs already goes on. */
export class PauseGate implements AdmissionGate {
  readonly #controls: Controls

  constructor({ controls }: { readonly controls: Controls }) {
    this.#controls = controls
  }

  holdOf(task: AdmissionFacts): Hold | undefined {
    for (const { id, control } of this.#controls.of(task)) {
      if (control.pause !== undefined) return { code: 'paused', target: id, ...control.pause }
    }
    return undefined
  }

  start(): void {}
  cancel(): void {}
  end(): void {}
}
