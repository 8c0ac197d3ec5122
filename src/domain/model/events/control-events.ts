import type { BudgetAmounts } from '../budget-record.ts'
import type { RateLimit } from '../control-record.ts'

/** Events of limits, pauses and budgets. */
export interface ControlEvents {
  'control.updated': {
    readonly target: string
    readonly concurrencyMax?: number
    readonly rate?: RateLimit
    readonly isPaused: boolean
    readonly reason?: string
  }
  'control.removed': { readonly target: string }
  'budget.updated': {
    readonly target: string
    readonly limit: BudgetAmounts
    readonly used: BudgetAmounts
    readonly reserved: BudgetAmounts
  }
  'budget.removed': { readonly target: string }
}
