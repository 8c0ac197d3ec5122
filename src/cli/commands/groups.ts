import type { Command } from 'commander'
import type { GroupView } from '#contract/index.ts'
import { readPages } from '../input/all-pages.ts'
import { formatAge } from '../output/durations.ts'
import { createOutput } from '../output/output.ts'
import { type Column, renderTable } from '../output/table.ts'
import { connect, type ServerOptions, wholeNumber, withServerOptions } from '../server-options.ts'

const HELP = `
Agents form groups by what they are prepared for and what they can do, while the strategy of the swarm is flocking.

Examples:
  amos swarms update --strategy flocking
  amos groups                        the groups, their members and what they do
  amos groups show group-1           one group with its newest changes`

const COLUMNS: readonly Column<GroupView>[] = [
  { title: 'GROUP', isWhole: true, value: ({ group }) => group },
  { title: 'MEMBERS', align: 'right', value: ({ members }) => String(members.length) },
  { title: 'AGE', align: 'right', isWhole: true, value: ({ formedAt }) => formatAge(formedAt) },
  {
    title: 'DOES',
    value: ({ centre }) =>
      centre
        .slice(0, 3)
        .map(({ taskType }) => taskType)
        .join(', '),
  },
]

export function addGroups(program: Command): void {
  const groups = program
    .command('groups')
    .description('list the groups that agents form')
    .addHelpText('after', HELP)
  withServerOptions(groups.command('list', { isDefault: true }).description('list groups (default)'))
    .option('--limit <count>', 'how many at most', wholeNumber(1, 10_000), 50)
    .action(async (options: ServerOptions & { readonly limit: number }) => {
      const client = connect(options)
      const found = await readPages(
        (paging) => client.groups.list(paging),
        (page) => page.groups,
        options.limit,
      )
      const output = createOutput(options)
      output.json({ groups: found })
      output.text(found.length === 0 ? 'no groups' : renderTable(COLUMNS, found))
    })
  withServerOptions(groups.command('show').description('show one group'))
    .argument('<group>')
    .action(async (name: string, options: ServerOptions) => {
      const group = await connect(options).groups.get(name)
      const output = createOutput(options)
      output.json(group)
      output.text([renderTable(COLUMNS, [group]), group.members.join('\n'), ...changesOf(group)].join('\n\n'))
    })
}

function changesOf({ history }: GroupView): string[] {
  const lines = history.map(({ at, type, agentId, members = [], from }) => {
    const agents = agentId ?? members.join(', ')
    return `${at}  ${type} ${agents}${from === undefined ? '' : ` from ${from}`}`
  })
  return lines.length === 0 ? [] : [lines.join('\n')]
}
