import { allRecords } from '../kernel/all-records.ts'
import type { SwarmJournal } from '../kernel/swarm-journal.ts'
import { BUDGET_RECORDS } from '../model/budget-record.ts'
import { CONTROL_RECORDS, RATE_LEVEL_RECORDS } from '../model/control-record.ts'
import type { Clock } from '../ports/clock.ts'
import { remove } from '../ports/records.ts'
import type { SwarmStore } from '../ports/swarm-store.ts'
import type { BudgetGate } from '../resources/admission/budget-gate.ts'
import type { Controls } from '../resources/admission/controls.ts'
import type { RateGate } from '../resources/admission/rate-gate.ts'

export interface AdmissionRecoveryModules {
  readonly store: SwarmStore
  readonly journal: SwarmJournal
  readonly clock: Clock
  readonly controls: Controls
  readonly budgets: BudgetGate
  readonly rates: RateGate
}

/** Levels removed in one step. */
const REMOVED_MAX = 500

/** Reads what limits and pauses, before the first task is looked at. Levels of full buckets are removed. */
export async function recoverAdmission(modules: AdmissionRecoveryModules): Promise<void> {
  const { store, journal, clock, controls, budgets, rates } = modules
  const { scope } = journal
  for await (const { value } of allRecords(store, scope, CONTROL_RECORDS)) controls.set(value)
  for await (const { value } of allRecords(store, scope, BUDGET_RECORDS)) budgets.set(value)
  const worthless: string[] = []
  for await (const { key, value } of allRecords(store, scope, RATE_LEVEL_RECORDS)) {
    if (rates.isWorthless(value, clock.now())) worthless.push(key.id)
    else rates.adopt(value)
  }
  while (worthless.length > 0) {
    const writes = worthless.splice(0, REMOVED_MAX).map((id) => remove(RATE_LEVEL_RECORDS, id))
    await journal.transact([], () => ({ writes, events: [], ready: [], result: null }))
  }
}
