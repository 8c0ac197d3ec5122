import { type Command, Option } from 'commander'
import type { StrategyInput, SwarmView } from '#contract/index.ts'
import { LIMITS } from '#contract/limits.ts'
import { readPages } from '../input/all-pages.ts'
import { type PatternSettingsInput, patternsFrom } from '../input/patterns-option.ts'
import { strategyFrom } from '../input/strategy-option.ts'
import { formatAge, formatDuration } from '../output/durations.ts'
import { createOutput } from '../output/output.ts'
import { type Column, renderTable } from '../output/table.ts'
import { connect, type ServerOptions, wholeNumber, withServerOptions } from '../server-options.ts'

interface SettingsOptions extends ServerOptions {
  readonly description?: string
  readonly lease?: number
  readonly strategy?: StrategyInput
  readonly patterns?: PatternSettingsInput
}

const HELP = `
Examples:
  amos swarms                              all swarms that the credential may see
  amos swarms create research --description 'literature'
  amos swarms update research --lease 60000
  amos swarms update research --strategy work_stealing
  amos swarms update research --strategy '{"kind":"work_stealing","stealCostMs":50}'
  amos swarms update research --patterns '{"wait_cycle":{"isResponding":true}}'
  amos swarms delete research --force      even with open tasks`

const COLUMNS: readonly Column<SwarmView>[] = [
  { title: 'SWARM', isWhole: true, value: ({ swarmId }) => swarmId },
  { title: 'STRATEGY', isOptional: true, value: ({ strategy }) => strategy.kind },
  { title: 'TOPOLOGY', value: ({ topology }) => topology.kind },
  { title: 'LEASE', align: 'right', isWhole: true, value: ({ leaseMs }) => formatDuration(leaseMs) },
  {
    title: 'AGE',
    align: 'right',
    isWhole: true,
    isOptional: true,
    value: ({ createdAt }) => formatAge(createdAt),
  },
  { title: 'DESCRIPTION', isOptional: true, value: ({ description }) => description },
]

export function addSwarms(program: Command): void {
  const swarms = program
    .command('swarms')
    .description('list, create, change and delete swarms')
    .addHelpText('after', HELP)
  withServerOptions(swarms.command('list', { isDefault: true }).description('list swarms (default)')).action(
    listSwarms,
  )
  withSettings(swarms.command('create').description('create a swarm'))
    .argument('<swarmId>')
    .action(async (swarmId: string, options: SettingsOptions) => {
      show([await connect(options).createSwarm({ swarmId, ...settingsOf(options) })], options)
    })
  withSettings(swarms.command('update').description('change the settings of a swarm'))
    .argument('<swarmId>')
    .action(async (swarm: string, options: SettingsOptions) => {
      show([await connect({ ...options, swarm }).updateSwarm(settingsOf(options))], options)
    })
  withServerOptions(swarms.command('delete').description('delete a swarm and everything in it'))
    .argument('<swarmId>')
    .option('--force', 'even if it has open tasks')
    .action(async (swarm: string, options: ServerOptions & { readonly force?: boolean }) => {
      await connect({ ...options, swarm }).deleteSwarm({ force: options.force === true })
      createOutput(options).text(`deleted ${swarm}`)
    })
}

function withSettings(command: Command): Command {
  return withServerOptions(command)
    .option('--description <text>', 'what the swarm is for')
    .addOption(
      new Option(
        '--strategy <kind|json>',
        'how tasks are given to agents: its name, or its settings as JSON',
      ).argParser(strategyFrom),
    )
    .addOption(
      new Option(
        '--patterns <json>',
        'settings of detectors, such as {"herding":{"isResponding":true}}; what is left out stays',
      ).argParser(patternsFrom),
    )
    .addOption(
      new Option('--lease <ms>', 'how long an agent may hold a task without renewing it').argParser(
        wholeNumber(LIMITS.leaseMsMin, LIMITS.leaseMsMax),
      ),
    )
}

function settingsOf({ description, lease, strategy, patterns }: SettingsOptions): {
  description?: string
  leaseMs?: number
  strategy?: StrategyInput
  patterns?: PatternSettingsInput
} {
  return {
    ...(patterns === undefined ? {} : { patterns }),
    ...(strategy === undefined ? {} : { strategy }),
    ...(description === undefined ? {} : { description }),
    ...(lease === undefined ? {} : { leaseMs: lease }),
  }
}

async function listSwarms(options: ServerOptions): Promise<void> {
  const client = connect(options)
  const swarms = await readPages(
    (paging) => client.listSwarms(paging),
    (page) => page.swarms,
  )
  const output = createOutput(options)
  output.json({ swarms })
  output.text(swarms.length === 0 ? 'no swarms' : renderTable(COLUMNS, swarms))
}

function show(swarms: readonly SwarmView[], options: ServerOptions): void {
  const output = createOutput(options)
  output.json(swarms[0])
  output.text(renderTable(COLUMNS, swarms))
}
