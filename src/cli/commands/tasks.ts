import type { Command } from 'commander'
import type { TaskDecision, TaskDetail, TaskView } from '#contract/index.ts'
import { AgentId, Name } from '#contract/scalars.ts'
import { TaskPhase, TaskStatus } from '#contract/task.ts'
import type { TaskTexts } from '#sdk/index.ts'
import { readPages } from '../input/all-pages.ts'
import { choiceOption, fitting } from '../input/filter-value.ts'
import { formatAge, formatDuration } from '../output/durations.ts'
import { createOutput } from '../output/output.ts'
import { type Column, renderTable } from '../output/table.ts'
import { connect, type ServerOptions, wholeNumber, withServerOptions } from '../server-options.ts'

interface ListOptions extends ServerOptions {
  readonly status?: TaskStatus
  readonly phase?: TaskPhase
  readonly type?: string
  readonly agent?: string
  readonly limit: number
}

interface ShowOptions extends ServerOptions {
  readonly decision?: boolean
}

const HELP = `
Examples:
  amos tasks                               the newest 20
  amos tasks --status failed --limit 100
  amos tasks show TASK                     all of one task, payload and result included
  amos tasks show TASK --decision          why it went to the agent it went to
  amos tasks cancel TASK "not needed"
  amos tasks retry TASK                    submit a finished task again`

const COLUMNS: readonly Column<TaskView>[] = [
  { title: 'TASK', isWhole: true, value: ({ taskId }) => taskId },
  // The phase of a finished task is `done`, unless it is a dead letter.
  { title: 'STATE', isWhole: true, value: ({ status, phase }) => (phase === 'done' ? status : phase) },
  { title: 'TYPE', value: ({ type }) => type },
  { title: 'AGENT', value: (task) => task.lease?.agentId ?? task.attempts.at(-1)?.agentId ?? '' },
  {
    title: 'TRY',
    align: 'right',
    isWhole: true,
    isOptional: true,
    value: ({ attempt, maxAttempts }) => `${attempt}/${maxAttempts}`,
  },
  {
    title: 'AGE',
    align: 'right',
    isWhole: true,
    isOptional: true,
    value: ({ createdAt }) => formatAge(createdAt),
  },
  {
    title: 'NOTE',
    isOptional: true,
    value: ({ failure, progress }) => failure?.code ?? progress?.message ?? '',
  },
]

export function addTasks(program: Command): void {
  const tasks = program
    .command('tasks')
    .description('list, show, cancel and retry tasks')
    .addHelpText('after', HELP)
  withServerOptions(
    tasks.command('list', { isDefault: true }).description('list tasks, newest first (default)'),
  )
    .addOption(choiceOption('--status <status>', 'only tasks in this state', TaskStatus))
    .addOption(choiceOption('--phase <phase>', 'only tasks in this phase', TaskPhase))
    .option('--type <type>', 'only tasks of this type', fitting(Name, 'the type of a task'))
    .option(
      '--agent <agentId>',
      'only tasks that this agent holds or held last',
      fitting(AgentId, 'the id of an agent'),
    )
    .option('--limit <count>', 'how many at most', wholeNumber(1, 10_000), 20)
    .action(listTasks)
  withServerOptions(tasks.command('show').description('all of one task'))
    .argument('<taskId>')
    .option('--decision', 'why it went to the agent it went to')
    .action(showTask)
  withServerOptions(tasks.command('cancel').description('cancel a task and its parts'))
    .argument('<taskId>')
    .argument('[reason]')
    .action(async (taskId: string, reason: string | undefined, options: ServerOptions) => {
      showOne(await connect(options).cancelTask(taskId, reason), options)
    })
  withServerOptions(tasks.command('retry').description('submit a finished task again'))
    .argument('<taskId>')
    .option('--alone', 'without the tasks that failed because of it')
    .action(async (taskId: string, options: ServerOptions & { readonly alone?: true }) => {
      const includeDependents = options.alone !== true
      showOne(await connect(options).retryTask(taskId, { includeDependents }), options)
    })
}

async function listTasks(options: ListOptions): Promise<void> {
  const { status, phase, type, agent, limit } = options
  const filter = {
    ...(status === undefined ? {} : { status }),
    ...(phase === undefined ? {} : { phase }),
    ...(type === undefined ? {} : { type }),
    ...(agent === undefined ? {} : { agentId: agent }),
  }
  const client = connect(options)
  const tasks = await readPages(
    (paging) => client.listTasks({ ...filter, ...paging }),
    (page) => page.tasks,
    limit,
  )
  const output = createOutput(options)
  output.json({ tasks })
  output.text(tasks.length === 0 ? 'no tasks' : renderTable(COLUMNS, tasks))
}

async function showTask(taskId: string, options: ShowOptions): Promise<void> {
  const client = connect(options)
  const output = createOutput(options)
  if (options.decision === true) {
    const decision = await client.getTaskDecision(taskId)
    output.json(decision)
    output.text(renderDecision(decision))
    return
  }
  const task = await client.getTask(taskId)
  output.json(task)
  output.text(renderTask(task))
}

function showOne(task: TaskView, options: ServerOptions): void {
  const output = createOutput(options)
  output.json(task)
  output.text(renderTable(COLUMNS, [task]))
}

/** Also what `amos submit --wait` shows. */
export function renderTask(task: TaskDetail & TaskTexts): string {
  const { payloadText, resultText, attempts, failure, ...rest } = task
  const facts: Record<string, string> = {
    task: task.taskId,
    type: task.type,
    status: `${task.status} (${task.phase})`,
    needs: rest.capabilities.join(' ') || 'any agent',
    priority: String(rest.priority),
    created: rest.createdAt,
    ...(rest.finishedAt === undefined ? {} : { finished: rest.finishedAt }),
    ...(failure === undefined ? {} : { failure: `${failure.code}: ${failure.message}` }),
  }
  const lines = Object.entries(facts).map(([name, text]) => `${name.padEnd(9)} ${text}`)
  for (const { attempt, agentId, outcome, assignedAt, endedAt } of attempts) {
    const took = formatDuration(Date.parse(endedAt) - Date.parse(assignedAt))
    lines.push(`${'attempt'.padEnd(9)} ${attempt}: ${agentId}, ${outcome} after ${took}`)
  }
  if (payloadText !== undefined) lines.push(`payload   ${payloadText}`)
  if (resultText !== undefined) lines.push(`result    ${resultText}`)
  return lines.join('\n')
}

function renderDecision({
  agentId,
  strategy,
  reason,
  candidateCount,
  candidates,
  attempt,
  delegationPath,
}: TaskDecision): string {
  const table = renderTable<TaskDecision['candidates'][number]>(
    [
      { title: 'CANDIDATE', isWhole: true, value: (candidate) => candidate.agentId },
      { title: 'SCORE', align: 'right', value: ({ score }) => score.toFixed(3) },
      { title: 'BUSY', align: 'right', value: ({ activeTasks, slots }) => `${activeTasks}/${slots}` },
    ],
    candidates,
  )
  const way = delegationPath === undefined ? '' : `its way down the tree: ${delegationPath.join(' > ')}\n`
  return `attempt ${attempt} went to ${agentId} by ${strategy}: ${reason}\n${way}${candidateCount} could have had it\n\n${table}`
}
