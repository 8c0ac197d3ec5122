import type { Reminders } from '../kernel/reminders.ts'
import type { ResourceAmounts } from '../model/task-record.ts'
import type { Clock } from '../ports/clock.ts'
import { AdmissionControl } from '../resources/admission/admission-control.ts'
import { AdmissionLedger } from '../resources/admission/admission-ledger.ts'
import { BudgetGate } from '../resources/admission/budget-gate.ts'
import { ConcurrencyGate } from '../resources/admission/concurrency-gate.ts'
import { Controls } from '../resources/admission/controls.ts'
import { type FairnessPolicy, FairShares } from '../resources/admission/fair-shares.ts'
import { PauseGate } from '../resources/admission/pause-gate.ts'
import { RateGate } from '../resources/admission/rate-gate.ts'
import { PriorityScheduler } from '../resources/priority-scheduler.ts'

export interface AdmissionPartsModules {
  readonly clock: Clock
  readonly reminders: Reminders
  fairness(): FairnessPolicy
  /** See `FairShares`. */
  capacity(): ResourceAmounts
  /** Other tasks may start now than before. */
  onOpen(): void
}

export type AdmissionParts = ReturnType<typeof createAdmissionParts>

/** What decides which ready task may start next. */
export function createAdmissionParts({
  clock,
  reminders,
  fairness,
  capacity,
  onOpen,
}: AdmissionPartsModules) {
  const controls = new Controls()
  const rates = new RateGate({ controls })
  const budgets = new BudgetGate()
  const shares = new FairShares({ policy: fairness, capacity })
  const admission = new AdmissionControl({
    clock,
    reminders,
    gates: [new PauseGate({ controls }), new ConcurrencyGate({ controls }), rates, budgets],
    shares,
    onOpen,
    targetsOf: (task) => [
      ...controls.of(task).map(({ id }) => id),
      ...budgets.chargesOf(task).map(({ target }) => target),
    ],
  })
  const ledger = new AdmissionLedger({ budgets, rates })
  return {
    controls,
    rates,
    budgets,
    shares,
    admission,
    ledger,
    scheduler: new PriorityScheduler({ admission, shares }),
  }
}
