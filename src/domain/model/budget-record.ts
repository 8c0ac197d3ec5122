import type { EpochMs } from './ids.ts'
import { recordKind } from './record-kind.ts'

/** What budgets limit. All are amounts from 0 up; money is in the operator's own unit. */
export const BUDGET_UNITS = ['tokens', 'money', 'seconds'] as const
export type BudgetUnit = (typeof BUDGET_UNITS)[number]

/** Amounts by unit; a unit that is missing counts as 0, or as no limit where it is a limit. */
export type BudgetAmounts = Readonly<Partial<Record<BudgetUnit, number>>>

/** What a budget allows and what was taken from it. */
export interface BudgetState {
  readonly limit: BudgetAmounts
  /** Set aside for attempts that are under way. */
  readonly reserved: BudgetAmounts
  /** By attempts that have ended. */
  readonly used: BudgetAmounts
}

/** A budget of the swarm, of one fairness key or of one tree of tasks, under the id of its target. */
export interface BudgetRecord extends BudgetState {
  /** `swarm`, `key:NAME` or `task:ID`, where the id is that of the root of the tree. */
  readonly target: string
  /** One more with every change. */
  readonly revision: number
  readonly updatedAt: EpochMs
}

/** What an attempt has reserved from one budget; kept in its lease, so that its end settles exactly that. */
export interface BudgetCharge {
  readonly target: string
  readonly amounts: BudgetAmounts
}

/** Under `controlRecordId` of the target. */
export const BUDGET_RECORDS = recordKind<BudgetRecord>('budget')
