import type { BudgetAmounts, BudgetCharge, BudgetRecord } from '../../model/budget-record.ts'
import type { TaskId } from '../../model/ids.ts'
import { reserve, shortOf, sumOf } from '../budget.ts'
import type { AdmissionFacts, AdmissionGate, Hold } from './admission-gate.ts'

/**
 * Holds a task while a budget has less left than the task reserves. The records decide: the step that assigns reads and
 * writes them. This is what they said last, with what is being written at this moment.
 */
export class BudgetGate implements AdmissionGate {
  readonly #records = new Map<string, BudgetRecord>()
  readonly #pending = new Map<TaskId, readonly BudgetCharge[]>()
  readonly #pendingByTarget = new Map<string, BudgetAmounts>()

  get size(): number {
    return this.#records.size
  }

  has(target: string): boolean {
    return this.#records.has(target)
  }

  /** In the order of their targets. */
  all(): readonly BudgetRecord[] {
    return [...this.#records.values()].toSorted((a, b) => (a.target < b.target ? -1 : 1))
  }

  set(record: BudgetRecord): void {
    const known = this.#records.get(record.target)
    // Answers of steps may be heard in another order than that in which they were committed.
    if (known === undefined || known.revision <= record.revision) this.#records.set(record.target, record)
  }

  delete(target: string): void {
    this.#records.delete(target)
  }

  /** The budgets that an assignment of the task reserves from, and how much. */
  chargesOf(task: AdmissionFacts): readonly BudgetCharge[] {
    if (this.#records.size === 0) return []
    const { cost = {} } = task
    return budgetTargetsOf(task).flatMap((target) =>
      this.#records.has(target) ? [{ target, amounts: cost }] : [],
    )
  }

  holdOf(task: AdmissionFacts): Hold | undefined {
    for (const { target, amounts } of this.chargesOf(task)) {
      const record = this.#records.get(target)
      if (record === undefined) continue
      const pending = this.#pendingByTarget.get(target)
      const unit = shortOf(pending === undefined ? record : reserve(record, pending), amounts)
      if (unit !== undefined) return { code: 'budget_exhausted', target, unit }
    }
    return undefined
  }

  start(task: AdmissionFacts): void {
    const charges = this.chargesOf(task)
    if (charges.length === 0) return
    this.#pending.set(task.taskId, charges)
    this.#addPending(charges, 1)
  }

  cancel(taskId: TaskId): void {
    this.end(taskId)
  }

  /** What it reserves stands in the records now. */
  assigned(taskId: TaskId): void {
    this.end(taskId)
  }

  end(taskId: TaskId): void {
    const charges = this.#pending.get(taskId)
    if (charges === undefined) return
    this.#pending.delete(taskId)
    this.#addPending(charges, -1)
  }

  #addPending(charges: readonly BudgetCharge[], sign: 1 | -1): void {
    for (const { target, amounts } of charges)
      this.#pendingByTarget.set(target, sumOf(this.#pendingByTarget.get(target) ?? {}, amounts, sign))
  }
}

/** What a budget may be set for so that it applies to the task, the widest first. */
export function budgetTargetsOf({ taskId, rootTaskId, fairnessKey }: BudgetedTask): readonly string[] {
  const tree = `task:${rootTaskId ?? taskId}`
  return fairnessKey === undefined ? ['swarm', tree] : ['swarm', `key:${fairnessKey}`, tree]
}

type BudgetedTask = Pick<AdmissionFacts, 'taskId' | 'rootTaskId' | 'fairnessKey'>
