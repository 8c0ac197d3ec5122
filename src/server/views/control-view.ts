import type { BudgetView, ControlView } from '#contract/control.ts'
import type { BudgetRecord } from '#domain/model/budget-record.ts'
import { type ControlRecord, type ControlTarget, controlId } from '#domain/model/control-record.ts'
import { remainingOf } from '#domain/resources/budget.ts'
import { wireTime } from './wire-time.ts'

/** @param text as the contract's pattern has checked it */
export function controlTarget(text: string): ControlTarget {
  const end = text.indexOf(':')
  if (end === -1) return { kind: 'swarm' }
  return { kind: text.slice(0, end) as 'type' | 'capability' | 'key', name: text.slice(end + 1) }
}

export function controlView({ target, concurrencyMax, rate, pause, updatedAt }: ControlRecord): ControlView {
  return {
    target: controlId(target),
    ...(concurrencyMax === undefined ? {} : { concurrencyMax }),
    ...(rate === undefined ? {} : { rate }),
    ...(pause === undefined ? {} : { pausedSince: wireTime(pause.since), pauseReason: pause.reason }),
    updatedAt: wireTime(updatedAt),
  }
}

export function budgetView(record: BudgetRecord): BudgetView {
  return { ...record, remaining: remainingOf(record), updatedAt: wireTime(record.updatedAt) }
}
