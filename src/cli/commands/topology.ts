import { Argument, type Command } from 'commander'
import type { TopologyView } from '#contract/index.ts'
import type { TopologySettings } from '#contract/swarm.ts'
import { createOutput } from '../output/output.ts'
import { renderTopology } from '../output/render-topology.ts'
import { connect, type ServerOptions, wholeNumber, withServerOptions } from '../server-options.ts'

interface SwitchOptions extends ServerOptions {
  readonly branching: number
  readonly oneWay?: boolean
}

const HELP = `
Examples:
  amos topology                            who may talk to whom, and what it cost
  amos topology switch ring
  amos topology switch hierarchical --branching 4`

const KINDS: readonly TopologySettings['kind'][] = ['mesh', 'hierarchical', 'ring']

export function addTopology(program: Command): void {
  const topology = program
    .command('topology')
    .description('show the topology of a swarm, or switch it')
    .addHelpText('after', HELP)
  withServerOptions(topology.command('show', { isDefault: true }).description('show it (default)')).action(
    async (options: ServerOptions) => show(await connect(options).topology(), options),
  )
  withServerOptions(topology.command('switch').description('switch the live swarm to another one'))
    .addArgument(new Argument('<kind>', 'the new topology').choices(KINDS))
    .option('--branching <count>', 'most children of one agent in a tree', wholeNumber(2, 64), 4)
    .option('--one-way', 'messages go round the ring in one direction only')
    .action(switchTo)
}

async function switchTo(kind: TopologySettings['kind'], options: SwitchOptions): Promise<void> {
  const client = connect(options)
  await client.switchTopology(settingsOf(kind, options))
  show(await client.topology(), options)
}

function settingsOf(
  kind: TopologySettings['kind'],
  { branching, oneWay = false }: SwitchOptions,
): TopologySettings {
  if (kind === 'hierarchical') return { kind, branching }
  if (kind === 'ring') return { kind, direction: oneWay ? 'one_way' : 'two_way' }
  return { kind }
}

function show(topology: TopologyView, options: ServerOptions): void {
  const output = createOutput(options)
  output.json(topology)
  output.text(renderTopology(topology))
}
