import type { Command } from 'commander'
import { createOutput } from '../output/output.ts'
import { renderLeader } from '../output/render-proposal.ts'
import { connect, type ServerOptions, withServerOptions } from '../server-options.ts'

const HELP = `
Examples:
  amos leader                     who leads, and by whose votes
  amos leader --elect             start to elect, where the swarm does not by itself
  amos leader --transfer bob      have the leader hand over`

interface LeaderOptions extends ServerOptions {
  readonly elect?: boolean
  readonly transfer?: string
}

export function addLeader(program: Command): void {
  withServerOptions(program.command('leader').description('show the leader of a swarm, or elect one'))
    .option('--elect', 'start an election')
    .option('--transfer <agentId>', 'have the leader hand over to this voter')
    .addHelpText('after', HELP)
    .action(showLeader)
}

async function showLeader(options: LeaderOptions): Promise<void> {
  const { elect, transfer } = options
  const { consensus } = connect(options)
  const starts = elect === true || transfer !== undefined
  const leader = await (starts
    ? consensus.startElection(transfer === undefined ? {} : { transferTo: transfer })
    : consensus.leader())
  const output = createOutput(options)
  output.json(leader)
  output.text(renderLeader(leader))
}
