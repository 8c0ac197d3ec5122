import type { Command } from 'commander'
import type { TopologyView } from '#contract/index.ts'
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

export function addTopology(program: Command): void {
  const topology = program
    .command('topology')
    .description('show the topology of a swarm, or switch it')
    .addHelpText('after', HELP)
  withServerOptions(topology.command('show', { isDefault: true }).description('show it (default)')).action(
    async (options: ServerOptions) => show(await connect(options).topology(), options),
  )
  withServerOptions(topology.command('switch').description('switch the live swarm to another one'))
    .argument('<kind>', 'mesh, hierarchical or ring')
    .option('--branching <count>', 'most children of one agent in a tree', wholeNumber(2, 64), 4)
    .option('--one-way', 'messages go round the ring in one direction only')
    .action(switchTo)
}

async function switchTo(kind: string, options: SwitchOptions): Promise<void> {
  const client = connect(options)
  await client.switchTopology(settingsOf(kind, options))
  show(await client.topology(), options)
}

/** A kind there is none of is refused by the server, in the words of the contract. */
function settingsOf(
  kind: string,
  { branching, oneWay = false }: SwitchOptions,
): Parameters<ReturnType<typeof connect>['switchTopology']>[0] {
  if (kind === 'hierarchical') return { kind, branching }
  if (kind === 'ring') return { kind, direction: oneWay ? 'one_way' : 'two_way' }
  return { kind: kind as 'mesh' }
}

function show(topology: TopologyView, options: ServerOptions): void {
  const output = createOutput(options)
  output.json(topology)
  output.text(renderTopology(topology))
}
