import type { BudgetAmounts, BudgetCharge, BudgetRecord } from '../../model/budget-record.ts'
import { BUDGET_RECORDS } from '../../model/budget-record.ts'
import { controlRecordId, RATE_LEVEL_RECORDS } from '../../model/control-record.ts'
import type { EpochMs } from '../../model/ids.ts'
import type { TaskLease, TaskRecord } from '../../model/task-record.ts'
import { put, type RecordKey, type RecordWrite, type StoredRecord } from '../../ports/records.ts'
import { reserve, settle, shortOf } from '../budget.ts'
import type { AdmissionFacts } from './admission-gate.ts'
import type { BudgetGate } from './budget-gate.ts'
import type { RateGate } from './rate-gate.ts'

export interface AdmissionLedgerModules {
  readonly budgets: BudgetGate
  readonly rates: RateGate
}

type StoredBudgets = readonly (StoredRecord<BudgetRecord> | undefined)[]

/** What the step that assigns a task writes for its controls. */
export interface StartEntry {
  /** True where a budget has too little left by its record: nothing may be written. */
  readonly isHeld: boolean
  readonly charges: readonly BudgetCharge[]
  readonly writes: readonly RecordWrite[]
  /** As they stand after the step, or as they were read where it is held. */
  readonly budgets: readonly BudgetRecord[]
}

/**
 * The durable half of admission: budgets are reserved in the step that assigns and settled in the step that ends the
 * assignment, and the levels of rate limits are stored with each start.
 */
export class AdmissionLedger {
  readonly #modules: AdmissionLedgerModules

  constructor(modules: AdmissionLedgerModules) {
    this.#modules = modules
  }

  /** What the step that assigns the task has to read. */
  startKeys(task: AdmissionFacts): readonly RecordKey<BudgetRecord>[] {
    return budgetKeys(this.#modules.budgets.chargesOf(task).map(({ target }) => target))
  }

  start(task: AdmissionFacts, stored: StoredBudgets, now: EpochMs): StartEntry {
    const { cost = {} } = task
    const found = valuesOf(stored)
    if (found.some((budget) => shortOf(budget, cost) !== undefined))
      return { isHeld: true, charges: [], writes: [], budgets: found }
    const budgets = found.map((budget) => ({ ...changed(budget, now), ...reserve(budget, cost) }))
    const levels = this.#modules.rates.levelsOf(task.taskId)
    return {
      isHeld: false,
      charges: budgets.map(({ target }) => ({ target, amounts: cost })),
      writes: [
        ...budgets.map(putBudget),
        ...levels.map((level) => put(RATE_LEVEL_RECORDS, controlRecordId(level.target), level)),
      ],
      budgets,
    }
  }

  /** What the step that ends the lease has to read. */
  endKeys(lease: TaskLease | undefined): readonly RecordKey<BudgetRecord>[] {
    return budgetKeys((lease?.charges ?? []).map(({ target }) => target))
  }

  /** @param used what the agent says it used; undefined where it said nothing */
  end(
    task: TaskRecord,
    used: BudgetAmounts | undefined,
    stored: StoredBudgets,
    now: EpochMs,
  ): readonly BudgetRecord[] {
    const charges = new Map((task.lease?.charges ?? []).map(({ target, amounts }) => [target, amounts]))
    return valuesOf(stored).flatMap((budget) => {
      const reserved = charges.get(budget.target)
      if (reserved === undefined) return []
      return [{ ...changed(budget, now), ...settle(budget, reserved, used ?? reserved) }]
    })
  }

  /** What the records say after a step. */
  know(budgets: readonly BudgetRecord[]): void {
    for (const budget of budgets) this.#modules.budgets.set(budget)
  }
}

export const putBudget = (budget: BudgetRecord): RecordWrite =>
  put(BUDGET_RECORDS, controlRecordId(budget.target), budget)

export function budgetKeys(targets: readonly string[]): readonly RecordKey<BudgetRecord>[] {
  return targets.map((target) => ({ kind: BUDGET_RECORDS, id: controlRecordId(target) }))
}

function valuesOf(stored: StoredBudgets): readonly BudgetRecord[] {
  return stored.flatMap((record) => (record === undefined ? [] : [record.value]))
}

function changed(budget: BudgetRecord, now: EpochMs): BudgetRecord {
  return { ...budget, revision: budget.revision + 1, updatedAt: now }
}
