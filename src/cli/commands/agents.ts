import type { Command } from 'commander'
import type { AgentStatus, AgentView } from '#contract/index.ts'
import type { SwarmClient } from '#sdk/index.ts'
import { formatAge } from '../output/durations.ts'
import { createOutput } from '../output/output.ts'
import { type Column, renderTable } from '../output/table.ts'
import { connect, type ServerOptions, withServerOptions } from '../server-options.ts'

interface ListOptions extends ServerOptions {
  readonly status?: AgentStatus
  readonly capability?: string
  readonly label?: string
}

const HELP = `
Examples:
  amos agents                              all agents
  amos agents --status online --json
  amos agents drain reviewer-3             give it nothing new
  amos agents remove reviewer-3            the same, and forget it once it holds nothing`

const COLUMNS: readonly Column<AgentView>[] = [
  { title: 'AGENT', value: ({ agentId }) => agentId },
  { title: 'STATUS', value: ({ status }) => status },
  { title: 'VIA', value: ({ transport }) => transport ?? '' },
  { title: 'SLOTS', align: 'right', value: ({ slots }) => String(slots) },
  { title: 'CHANGED', align: 'right', value: ({ lastChangeAt }) => `${formatAge(lastChangeAt)} ago` },
  { title: 'CAPABILITIES', value: ({ capabilities }) => capabilities.map(({ name }) => name).join(' ') },
]

export function addAgents(program: Command): void {
  const agents = program
    .command('agents')
    .description('list, drain and remove agents')
    .addHelpText('after', HELP)
  withServerOptions(agents.command('list', { isDefault: true }).description('list agents (default)'))
    .option('--status <status>', 'only these: online, suspect, offline, draining')
    .option('--capability <name>', 'only agents that can do this')
    .option('--label <name=value>', 'only agents with this label')
    .action(listAgents)
  withServerOptions(agents.command('drain').description('let an agent finish and give it nothing new'))
    .argument('<agentId>')
    .action(async (agentId: string, options: ServerOptions) => {
      show(await connect(options).updateAgent(agentId, { isDraining: true }), options)
    })
  withServerOptions(agents.command('remove').description('remove an agent once it holds nothing'))
    .argument('<agentId>')
    .action(async (agentId: string, options: ServerOptions) => {
      show(await connect(options).deregisterAgent(agentId), options)
    })
}

async function listAgents(options: ListOptions): Promise<void> {
  const { status, capability, label } = options
  const filter = {
    ...(status === undefined ? {} : { status }),
    ...(capability === undefined ? {} : { capability }),
    ...(label === undefined ? {} : { label }),
  }
  const agents: AgentView[] = []
  for await (const agent of allAgents(connect(options), filter)) agents.push(agent)
  const output = createOutput(options)
  output.json({ agents })
  output.text(agents.length === 0 ? 'no agents' : renderTable(COLUMNS, agents))
}

async function* allAgents(
  client: SwarmClient,
  filter: Parameters<SwarmClient['listAgents']>[0],
): AsyncGenerator<AgentView, void, undefined> {
  let pageToken: string | undefined
  do {
    const page = await client.listAgents({
      ...filter,
      pageSize: 100,
      ...(pageToken === undefined ? {} : { pageToken }),
    })
    yield* page.agents
    pageToken = page.nextPageToken
  } while (pageToken !== undefined)
}

function show(agent: AgentView, options: ServerOptions): void {
  const output = createOutput(options)
  output.json(agent)
  output.text(renderTable(COLUMNS, [agent]))
}
