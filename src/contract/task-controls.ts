import { Type } from '@sinclair/typebox'
import { BudgetAmounts } from './control.ts'
import { Name } from './scalars.ts'
import { annotate, textEnum } from './schema.ts'

/** Whom the task counts for, and what it may cost. */
export const CONTROLLED = {
  fairnessKey: Type.Optional(
    annotate(Name, {
      description:
        'Whose share of the swarm the task counts for, such as a customer; limits, rates and budgets can be set for it.',
    }),
  ),
  fairnessWeight: Type.Optional(
    Type.Number({
      minimum: 0.001,
      maximum: 1_000,
      description: 'Share of the key relative to other keys; 1 where left out.',
    }),
  ),
  onDependencyFailure: Type.Optional(
    textEnum(['fail', 'skip', 'run'], {
      description:
        'What becomes of the task where something that it depends on does not complete: it fails (default), is canceled, or runs once all of them are over.',
    }),
  ),
  cost: Type.Optional(
    annotate(BudgetAmounts, {
      description: 'What an attempt reserves from the budgets that the task counts for, before it starts.',
    }),
  ),
}
