import type { Command } from 'commander'
import { AgentFilterQuery, AgentStatus } from '#contract/agent.ts'
import type { AgentPatch, AgentView } from '#contract/index.ts'
import { Name } from '#contract/scalars.ts'
import { readPages } from '../input/all-pages.ts'
import { choiceOption, fitting } from '../input/filter-value.ts'
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
  amos agents --label team=blue
  amos agents drain reviewer-3             let the agent finish; it gets no new tasks
  amos agents undrain reviewer-3           let the agent get tasks again
  amos agents pardon reviewer-3            end the quarantine of an agent that contradicted itself
  amos agents remove reviewer-3            drain the agent, then remove it`

const COLUMNS: readonly Column<AgentView>[] = [
  { title: 'AGENT', isWhole: true, value: ({ agentId }) => agentId },
  {
    title: 'STATUS',
    isWhole: true,
    value: ({ status, quarantine }) => (quarantine === undefined ? status : `${status}, quarantined`),
  },
  { title: 'VIA', isWhole: true, isOptional: true, value: ({ transport }) => transport ?? '' },
  { title: 'SLOTS', align: 'right', isWhole: true, isOptional: true, value: ({ slots }) => String(slots) },
  {
    title: 'CHANGED',
    align: 'right',
    isWhole: true,
    isOptional: true,
    value: ({ lastChangeAt }) => `${formatAge(lastChangeAt)} ago`,
  },
  { title: 'CAPABILITIES', value: ({ capabilities }) => capabilities.map(({ name }) => name).join(' ') },
]

export function addAgents(program: Command): void {
  const agents = program
    .command('agents')
    .description('list, drain, pardon and remove agents')
    .addHelpText('after', HELP)
  withServerOptions(agents.command('list', { isDefault: true }).description('list agents (default)'))
    .addOption(choiceOption('--status <status>', 'only agents in this state', AgentStatus))
    .option('--capability <name>', 'only agents that can do this', fitting(Name, 'the name of a capability'))
    .option(
      '--label <name=value>',
      'only agents with this label',
      fitting(AgentFilterQuery.label, 'a label such as team=blue'),
    )
    .action(listAgents)
  addUpdate(agents, 'drain', 'let an agent finish what it holds; it gets no new tasks', { isDraining: true })
  addUpdate(agents, 'undrain', 'let a drained agent get tasks again', { isDraining: false })
  addUpdate(agents, 'pardon', 'end the quarantine of an agent: it gets tasks and votes again', {
    isQuarantined: false,
  })
  withServerOptions(
    agents.command('remove').description('drain an agent, and remove it once it holds no task'),
  )
    .argument('<agentId>')
    .action(async (agentId: string, options: ServerOptions) => {
      show(await connect(options).deregisterAgent(agentId), options)
    })
}

function addUpdate(agents: Command, name: string, description: string, patch: AgentPatch): void {
  withServerOptions(agents.command(name).description(description))
    .argument('<agentId>')
    .action(async (agentId: string, options: ServerOptions) => {
      show(await connect(options).updateAgent(agentId, patch), options)
    })
}

async function listAgents(options: ListOptions): Promise<void> {
  const { status, capability, label } = options
  const filter = {
    ...(status === undefined ? {} : { status }),
    ...(capability === undefined ? {} : { capability }),
    ...(label === undefined ? {} : { label }),
  }
  const client = connect(options)
  const agents = await readPages(
    (paging) => client.listAgents({ ...filter, ...paging }),
    (page) => page.agents,
  )
  const output = createOutput(options)
  output.json({ agents })
  output.text(agents.length === 0 ? 'no agents' : renderTable(COLUMNS, agents))
}

function show(agent: AgentView, options: ServerOptions): void {
  const output = createOutput(options)
  output.json(agent)
  output.text(renderTable(COLUMNS, [agent]))
}
