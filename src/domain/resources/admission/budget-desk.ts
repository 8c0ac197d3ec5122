import { type SwarmJournal, unchanged } from '../../kernel/swarm-journal.ts'
import type { BudgetAmounts, BudgetRecord } from '../../model/budget-record.ts'
import { BUDGET_RECORDS } from '../../model/budget-record.ts'
import { controlRecordId } from '../../model/control-record.ts'
import { SwarmError } from '../../model/errors.ts'
import type { ControlEvents } from '../../model/events/control-events.ts'
import { type DataOf, type EventDraft, eventDraft } from '../../model/events.ts'
import type { EpochMs, SwarmId } from '../../model/ids.ts'
import type { Clock } from '../../ports/clock.ts'
import { type RecordKey, remove } from '../../ports/records.ts'
import { topUp } from '../budget.ts'
import type { PriorityScheduler } from '../priority-scheduler.ts'
import { putBudget } from './admission-ledger.ts'
import type { BudgetGate } from './budget-gate.ts'
import type { BudgetService, SetBudgetRequest } from './control-service.ts'

export interface BudgetDeskOptions {
  readonly swarmId: SwarmId
  /** Budgets of one swarm. */
  readonly budgetsMax: number
}

export interface BudgetDeskModules {
  readonly journal: SwarmJournal
  readonly clock: Clock
  readonly budgets: BudgetGate
  readonly scheduler: PriorityScheduler
  /** Other tasks may start now than before. */
  onOpen(): void
}

/** Sets budgets, tops them up and removes them. Attempts reserve and settle in their own steps. */
export class BudgetDesk implements BudgetService {
  readonly #options: BudgetDeskOptions
  readonly #modules: BudgetDeskModules

  constructor(options: BudgetDeskOptions, modules: BudgetDeskModules) {
    this.#options = options
    this.#modules = modules
  }

  async list(): Promise<readonly BudgetRecord[]> {
    return this.#modules.budgets.all()
  }

  set({ target, limit }: SetBudgetRequest): Promise<BudgetRecord> {
    this.#refuseTooMany(target)
    return this.#change(target, (before) => ({
      ...(before ?? { target, reserved: {}, used: {}, revision: 0 }),
      limit,
    }))
  }

  topUp({
    target,
    amounts,
  }: {
    readonly target: string
    readonly amounts: BudgetAmounts
  }): Promise<BudgetRecord> {
    return this.#change(target, (before) => {
      if (before === undefined) throw new SwarmError('budget_not_found', { target })
      return { ...before, ...topUp(before, amounts) }
    })
  }

  async remove({ target }: { readonly target: string }): Promise<null> {
    const { journal, budgets, clock } = this.#modules
    await journal.transact([keyOf(target)], ([stored]) => {
      if (stored === undefined) throw new SwarmError('budget_not_found', { target })
      const event = this.#event('budget.removed', clock.now(), { target })
      return {
        ...unchanged(null),
        writes: [remove(BUDGET_RECORDS, controlRecordId(target))],
        events: [event],
      }
    })
    budgets.delete(target)
    this.#applied()
    return null
  }

  async #change(
    target: string,
    change: (before: BudgetRecord | undefined) => Omit<BudgetRecord, 'updatedAt'>,
  ): Promise<BudgetRecord> {
    const { journal, budgets, clock } = this.#modules
    const record = await journal.transact([keyOf(target)], ([stored]) => {
      const now = clock.now()
      const changed = change(stored?.value)
      const next: BudgetRecord = { ...changed, revision: changed.revision + 1, updatedAt: now }
      const { limit, used, reserved } = next
      const event = this.#event('budget.updated', now, { target, limit, used, reserved })
      return { writes: [putBudget(next)], events: [event], ready: [], result: next }
    })
    budgets.set(record)
    this.#applied()
    return record
  }

  #applied(): void {
    this.#modules.scheduler.regroup()
    this.#modules.onOpen()
  }

  #refuseTooMany(target: string): void {
    const { budgets } = this.#modules
    const { budgetsMax: limit } = this.#options
    if (!budgets.has(target) && budgets.size >= limit)
      throw new SwarmError('limit_exceeded', { limitName: 'budgetsMax', limit, actual: budgets.size + 1 })
  }

  #event<N extends keyof ControlEvents>(type: N, now: EpochMs, data: DataOf<N>): EventDraft {
    return eventDraft(type, this.#options.swarmId, now, data)
  }
}

function keyOf(target: string): RecordKey<BudgetRecord> {
  return { kind: BUDGET_RECORDS, id: controlRecordId(target) }
}
