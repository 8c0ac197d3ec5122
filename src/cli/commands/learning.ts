import type { Command } from 'commander'
import type { AdviceRow } from '#contract/index.ts'
import { CommandError, EXIT_CODES } from '#node/exit-codes.ts'
import { createOutput } from '../output/output.ts'
import { type Column, renderTable } from '../output/table.ts'
import { connect, type ServerOptions, withServerOptions } from '../server-options.ts'

const HELP = `
Examples:
  amos learning advice summarize --cost-weight 0.1
  amos learning experience --type summarize --format csv > experience.csv`

interface ExperienceOptions extends ServerOptions {
  readonly type?: string
  readonly agent?: string
  readonly method?: string
  readonly outcome?: 'completed' | 'failed' | 'rejected' | 'canceled'
  readonly format: string
}

export function addLearning(program: Command): void {
  const learning = program
    .command('learning')
    .description('what the swarm has learned from finished work')
    .addHelpText('after', HELP)
  withServerOptions(learning.command('advice').description('what has worked at a type of work'))
    .argument('<type>', 'type of work')
    .option('--cost-weight <number>', 'what one unit of cost is worth in units of success', notNegative, 0)
    .action(advice)
  withServerOptions(learning.command('types').description('types of work that something is known of')).action(
    types,
  )
  withServerOptions(learning.command('experience').description('finished work as a file'))
    .option('--type <type>', 'only this type of work')
    .option('--agent <agentId>', 'only work of this agent')
    .option('--method <method>', 'only work done by this method')
    .option('--outcome <outcome>', 'completed, failed, rejected or canceled')
    .option('--format <format>', 'csv or jsonl', 'jsonl')
    .action(experience)
}

async function advice(type: string, options: ServerOptions & { readonly costWeight: number }): Promise<void> {
  const { costWeight } = options
  const found = await connect(options).learning.advice(type, { costWeight })
  const output = createOutput(options)
  output.json(found)
  const rows: Row[] = [
    ...found.agents.map((row) => ({ ...row, kind: 'agent' as const })),
    ...found.methods.map((row) => ({ ...row, kind: 'method' as const })),
  ]
  output.text(rows.length === 0 ? `nothing is known of ${type}` : renderTable(COLUMNS, rows))
  if (!found.isComplete) output.text('the server still reads its log: counts may be too low')
}

interface Row extends Pick<AdviceRow, 'arm' | 'count' | 'success' | 'durationMs' | 'cost' | 'utility'> {
  readonly kind: 'agent' | 'method'
}

const COLUMNS: readonly Column<Row>[] = [
  { title: 'KIND', value: ({ kind }) => kind },
  { title: 'NAME', value: ({ arm }) => arm, isWhole: true },
  { title: 'COUNT', align: 'right', value: ({ count }) => String(count) },
  {
    title: 'SUCCESS',
    value: ({ success }) => `${success.mean.toFixed(3)} ± ${success.deviation.toFixed(3)}`,
  },
  {
    title: 'DURATION',
    align: 'right',
    value: ({ durationMs }) => (durationMs === undefined ? '' : `${Math.round(durationMs.mean)} ms`),
  },
  { title: 'COST', align: 'right', value: ({ cost }) => cost?.mean.toPrecision(3) ?? '' },
  { title: 'UTILITY', align: 'right', value: ({ utility }) => utility.toFixed(3) },
]

async function types(options: ServerOptions): Promise<void> {
  const found = await connect(options).learning.types()
  const output = createOutput(options)
  output.json({ types: found })
  output.text(found.join('\n'))
}

async function experience(options: ExperienceOptions): Promise<void> {
  const { format, type, agent, method, outcome } = options
  if (format !== 'csv' && format !== 'jsonl')
    throw new CommandError('--format is csv or jsonl', EXIT_CODES.usage)
  const file = await connect(options).learning.exportExperience(format, {
    ...(type === undefined ? {} : { type }),
    ...(agent === undefined ? {} : { agentId: agent }),
    ...(method === undefined ? {} : { method }),
    ...(outcome === undefined ? {} : { outcome }),
  })
  process.stdout.write(file)
}

function notNegative(text: string): number {
  const value = Number(text)
  if (!Number.isFinite(value) || value < 0)
    throw new CommandError(`not a number of 0 or more: ${text}`, EXIT_CODES.usage)
  return value
}
