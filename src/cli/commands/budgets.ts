import { type Command, Option } from 'commander'
import type { BudgetAmounts, BudgetView } from '#contract/control.ts'
import { createOutput } from '../output/output.ts'
import { type Column, renderTable } from '../output/table.ts'
import { connect, type ServerOptions, withServerOptions } from '../server-options.ts'

const HELP = `
A target is swarm, key:NAME (a fairnessKey) or task:ID (a task and all below it).

Examples:
  amos budgets                                  what is used, reserved and left
  amos budgets set key:acme --tokens 1000000 --money 20
  amos budgets top-up key:acme --money 5
  amos budgets remove key:acme`

interface AmountOptions extends ServerOptions {
  readonly tokens?: number
  readonly money?: number
  readonly seconds?: number
}

const COLUMNS: readonly Column<BudgetView>[] = [
  { title: 'BUDGET', isWhole: true, value: ({ target }) => target },
  { title: 'LIMIT', value: ({ limit }) => amountsText(limit) },
  { title: 'USED', value: ({ used }) => amountsText(used) },
  { title: 'RESERVED', isOptional: true, value: ({ reserved }) => amountsText(reserved) },
  { title: 'LEFT', value: ({ remaining }) => amountsText(remaining) },
]

export function addBudgets(program: Command): void {
  const budgets = program
    .command('budgets')
    .description('list, set, top up and remove budgets')
    .addHelpText('after', HELP)
  withServerOptions(
    budgets.command('list', { isDefault: true }).description('list budgets (default)'),
  ).action(async (options: ServerOptions) =>
    show((await connect(options).controls.budgets()).budgets, options),
  )
  withAmounts(budgets.command('set').description('set the limits of a budget')).action(
    async (target: string, options: AmountOptions) => {
      show([await connect(options).controls.setBudget({ target, limit: amountsOf(options) })], options)
    },
  )
  withAmounts(budgets.command('top-up').description('add to the limits of a budget')).action(
    async (target: string, options: AmountOptions) => {
      show([await connect(options).controls.topUpBudget(target, amountsOf(options))], options)
    },
  )
  withServerOptions(budgets.command('remove').description('remove a budget'))
    .argument('<target>')
    .action(async (target: string, options: ServerOptions) => {
      await connect(options).controls.removeBudget(target)
      createOutput(options).text(`no budget for ${target}`)
    })
}

function withAmounts(command: Command): Command {
  return withServerOptions(command)
    .argument('<target>')
    .addOption(new Option('--tokens <count>', 'tokens of language models').argParser(Number))
    .addOption(new Option('--money <amount>', 'in your own unit').argParser(Number))
    .addOption(new Option('--seconds <count>', 'time that agents hold tasks').argParser(Number))
}

function amountsOf({ tokens, money, seconds }: AmountOptions): BudgetAmounts {
  return {
    ...(tokens === undefined ? {} : { tokens }),
    ...(money === undefined ? {} : { money }),
    ...(seconds === undefined ? {} : { seconds }),
  }
}

function amountsText(amounts: BudgetAmounts): string {
  const parts = Object.entries(amounts).map(([unit, amount]) => `${Number(amount.toFixed(3))} ${unit}`)
  return parts.length === 0 ? '-' : parts.join(', ')
}

function show(budgets: readonly BudgetView[], options: ServerOptions): void {
  const output = createOutput(options)
  output.json({ budgets })
  output.text(budgets.length === 0 ? 'no budgets' : renderTable(COLUMNS, budgets))
}
