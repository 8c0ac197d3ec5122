import {
  BUDGET_UNITS,
  type BudgetAmounts,
  type BudgetState,
  type BudgetUnit,
} from '../model/budget-record.ts'

/** Rounding errors of sums below this fraction of the limit are no overdraft. */
const EPSILON = 1e-9

/** The unit of which less is left than wanted; undefined where the amounts can be reserved. */
export function shortOf(
  { limit, reserved, used }: BudgetState,
  wanted: BudgetAmounts,
): BudgetUnit | undefined {
  return BUDGET_UNITS.find((unit) => {
    const most = limit[unit]
    if (most === undefined) return false
    const taken = (reserved[unit] ?? 0) + (used[unit] ?? 0)
    // What costs nothing may run until the budget is used up, and not after that.
    const amount = wanted[unit] ?? 0
    const slack = most * EPSILON
    return amount > 0 ? taken + amount > most + slack : taken >= most - slack
  })
}

/** Sets amounts aside before an attempt begins. */
export function reserve(state: BudgetState, amounts: BudgetAmounts): BudgetState {
  return { ...state, reserved: sumOf(state.reserved, amounts, 1) }
}

/**
 * The attempt ended: what was set aside is released, and what was used is counted, which may be more.
 *
 * @param used undefined where the agent did not say: what was set aside counts as used
 */
export function settle(state: BudgetState, reserved: BudgetAmounts, used = reserved): BudgetState {
  return {
    ...state,
    reserved: sumOf(state.reserved, reserved, -1),
    used: sumOf(state.used, used, 1),
  }
}

/** Raises the limits; a unit that had no limit keeps none. */
export function topUp(state: BudgetState, amounts: BudgetAmounts): BudgetState {
  const limit = { ...state.limit }
  for (const unit of BUDGET_UNITS) {
    const most = limit[unit]
    if (most !== undefined) limit[unit] = most + (amounts[unit] ?? 0)
  }
  return { ...state, limit }
}

/** What is left of each unit that has a limit; never below 0. */
export function remainingOf({ limit, reserved, used }: BudgetState): BudgetAmounts {
  const remaining: Partial<Record<BudgetUnit, number>> = {}
  for (const unit of BUDGET_UNITS) {
    const most = limit[unit]
    if (most !== undefined) remaining[unit] = Math.max(0, most - (reserved[unit] ?? 0) - (used[unit] ?? 0))
  }
  return remaining
}

/** Never below 0. */
export function sumOf(amounts: BudgetAmounts, more: BudgetAmounts, sign: 1 | -1): BudgetAmounts {
  const sum: Partial<Record<BudgetUnit, number>> = { ...amounts }
  for (const unit of BUDGET_UNITS) {
    const change = more[unit]
    if (change !== undefined && change !== 0) sum[unit] = Math.max(0, (sum[unit] ?? 0) + sign * change)
  }
  return sum
}
