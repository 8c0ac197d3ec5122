import {
  type ControlRecord,
  type ControlTarget,
  controlId,
  EVERY_KEY,
  type RateLimit,
} from '../../model/control-record.ts'
import type { AdmissionFacts } from './admission-gate.ts'

/** A control as it applies to one task. */
export interface AppliedControl {
  /** What the control counts by: tasks under one id share its limits. */
  readonly id: string
  readonly control: ControlRecord
}

const NONE: readonly AppliedControl[] = []
const EVERY_KEY_ID = controlId({ kind: 'key', name: EVERY_KEY })

/** The controls of one swarm in memory, as their records say. */
export class Controls {
  readonly #records = new Map<string, ControlRecord>()

  get size(): number {
    return this.#records.size
  }

  has(id: string): boolean {
    return this.#records.has(id)
  }

  /** In the order of their targets. */
  all(): readonly ControlRecord[] {
    return [...this.#records.entries()].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, record]) => record)
  }

  set(record: ControlRecord): void {
    this.#records.set(controlId(record.target), record)
  }

  delete(id: string): void {
    this.#records.delete(id)
  }

  /** The rate limit of one target; undefined where it has none. */
  rateOf(id: string): RateLimit | undefined {
    return this.#appliedTo(id)?.rate
  }

  /** All that apply to a task, the widest first. */
  of(task: AdmissionFacts): readonly AppliedControl[] {
    if (this.#records.size === 0) return NONE
    return targetsOf(task).flatMap((target) => {
      const id = controlId(target)
      const control = this.#appliedTo(id)
      return control === undefined ? [] : [{ id, control }]
    })
  }

  /** The control of every key applies where a key's own control says nothing. */
  #appliedTo(id: string): ControlRecord | undefined {
    const own = this.#records.get(id)
    const every = id.startsWith('key:') ? this.#records.get(EVERY_KEY_ID) : undefined
    return own === undefined || every === undefined ? (own ?? every) : { ...every, ...own }
  }
}

/** What a control may be set for so that it applies to the task, the widest first. */
export function targetsOf({ type, capabilities, fairnessKey }: AdmissionFacts): readonly ControlTarget[] {
  const targets: ControlTarget[] = [{ kind: 'swarm' }]
  if (type !== undefined) targets.push({ kind: 'type', name: type })
  for (const name of capabilities) targets.push({ kind: 'capability', name })
  if (fairnessKey !== undefined) targets.push({ kind: 'key', name: fairnessKey })
  return targets
}
