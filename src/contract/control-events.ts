import { type TObject, type TProperties, Type } from '@sinclair/typebox'
import { BudgetAmounts, BudgetTargetName, ControlTargetName, RateLimit } from './control.ts'
import { Count, Text } from './scalars.ts'
import { SCHEDULE_EVENTS } from './schedule-events.ts'
import { closedObject } from './schema.ts'

function data<P extends TProperties>(title: string, description: string, properties: P): TObject<P> {
  return closedObject(properties, { title, description })
}

/** Events of limits, pauses and budgets, whose subject is the swarm, and of schedules. */
export const CONTROL_EVENTS = {
  ...SCHEDULE_EVENTS,
  'control.updated': data('ControlUpdatedData', 'Limits or a pause were set, or lifted.', {
    target: ControlTargetName,
    concurrencyMax: Type.Optional(Count('Tasks that agents may hold at once.')),
    rate: Type.Optional(RateLimit),
    isPaused: Type.Boolean({ description: 'Whether nothing of it starts.' }),
    reason: Type.Optional(Text('Why, for people.')),
  }),
  'control.removed': data('ControlRemovedData', 'All limits of a target were lifted.', {
    target: ControlTargetName,
  }),
  'budget.updated': data('BudgetUpdatedData', 'A budget was set or topped up.', {
    target: BudgetTargetName,
    limit: BudgetAmounts,
    used: BudgetAmounts,
    reserved: BudgetAmounts,
  }),
  'budget.removed': data('BudgetRemovedData', 'A budget was removed.', { target: BudgetTargetName }),
} as const
