import { randomUUID } from 'node:crypto'
import { type Command, InvalidArgumentError } from 'commander'
import type { TaskSubmitInput, TaskView } from '#contract/index.ts'
import { pause } from '#sdk/client/backoff.ts'
import { SwarmAgent, type SwarmClient } from '#sdk/index.ts'
import { reportOf } from '#simulation/distribution/distribution-report.ts'
import type { WorkloadTask } from '#simulation/distribution/workload.ts'
import { readPages } from '../input/all-pages.ts'
import { readWorkload, speedsOf, type TraceOptions, withTraceOptions } from '../input/trace-options.ts'
import { createOutput } from '../output/output.ts'
import { renderDistribution } from '../output/render-distribution.ts'
import { connect, type ServerOptions, withServerOptions } from '../server-options.ts'

interface ReplayOptions extends TraceOptions, Omit<ServerOptions, 'swarm'> {
  readonly speed: number
  readonly swarm: string
  readonly keep?: boolean
}

const HELP = `
The command makes a swarm of its own, connects agents that sleep as long as the work takes them, submits the tasks when
the trace says so, prints the report of \`amos simulate\` in the time of the trace, and deletes the swarm.

Example:
  amos replay AzureLLMInferenceTrace_code.csv.gz --speed 20 --strategy work_stealing`

/** Tasks of one submit. */
const BATCH_MAX = 500
/** Tasks that are due within this time are submitted together, in milliseconds. */
const TOGETHER_MS = 5
const LOOK_EVERY_MS = 250
const CAPABILITY = 'replay'

export function addReplay(program: Command): void {
  const command = program.command('replay').description('drive a server with a recorded trace')
  withTraceOptions(withServerOptions(command))
    .argument('<trace>', 'the file of the trace; see `amos simulate --help`')
    .option('--speed <factor>', 'how many times as fast as the trace', factorFrom, 1)
    .option('--keep', 'do not delete the swarm at the end')
    .addHelpText('after', HELP)
    .action(replay)
}

async function replay(path: string, options: ReplayOptions): Promise<void> {
  const workload = await readWorkload(path, options)
  const swarmId = `replay-${randomUUID()}`
  const client = connect({ ...options, swarm: swarmId })
  await client.createSwarm({
    swarmId,
    strategy: options.strategy,
    limits: { openTasksMax: workload.length + 1 },
  })
  const speeds = speedsOf(options)
  const agents = speeds.map((speed, index) => agentOf(index, speed, swarmId, options))
  try {
    await Promise.all(agents.map((agent) => agent.start()))
    await submitInTime(client, workload, options.speed)
    await untilDone(client, workload.length)
    const tasks = await readPages(
      (paging) => client.listTasks(paging),
      (page) => page.tasks,
    )
    const stolen = await stolenTasks(client, tasks, options)
    const report = reportOf(
      tasks.map((task) => runOf(task, workload, options.speed, stolen)),
      speeds.map((speed) => ({ speed, slots: 1 })),
    )
    const output = createOutput(options)
    output.json(report)
    output.text(renderDistribution(report))
  } finally {
    await Promise.all(agents.map((agent) => agent.close()))
    if (options.keep !== true) await client.deleteSwarm({ force: true })
  }
}

function agentOf(
  index: number,
  speed: number,
  swarmId: string,
  { url, apiKey, speed: factor }: ReplayOptions,
): SwarmAgent {
  const agent = new SwarmAgent({
    url,
    swarmId,
    agentId: `agent-${String(index).padStart(4, '0')}`,
    capabilities: [CAPABILITY],
    ...(apiKey === undefined ? {} : { apiKey }),
  })
  return agent.handle<{ readonly workMs: number }>('*', async ({ payload: { workMs } }, { signal }) => {
    await pause(workMs / speed / factor, signal)
    return null
  })
}

async function submitInTime(
  client: SwarmClient,
  tasks: readonly WorkloadTask[],
  factor: number,
): Promise<void> {
  const begun = performance.now()
  const pending: Promise<unknown>[] = []
  for (let next = 0; next < tasks.length; ) {
    const dueMs = (tasks[next]?.arrivalMs ?? 0) / factor
    await pause(Math.max(0, begun + dueMs - performance.now()))
    const nowMs = performance.now() - begun + TOGETHER_MS
    const batch: TaskSubmitInput[] = []
    for (; batch.length < BATCH_MAX && (tasks[next]?.arrivalMs ?? Infinity) / factor <= nowMs; next += 1) {
      const task = tasks[next]
      if (task !== undefined) batch.push(submitOf(task, next))
    }
    if (batch.length > 0) pending.push(client.submitBatch(batch))
  }
  await Promise.all(pending)
}

function submitOf(task: WorkloadTask, index: number): TaskSubmitInput {
  const { type, workMs, affinityKey, priority } = task
  return {
    type,
    capabilities: [CAPABILITY],
    payload: { workMs },
    timeoutMs: 3_600_000,
    metadata: { index: String(index) },
    ...(affinityKey === undefined ? {} : { affinityKey }),
    ...(priority === undefined ? {} : { priority }),
  }
}

async function untilDone(client: SwarmClient, count: number): Promise<void> {
  for (;;) {
    const { totals } = await client.getResources()
    if (totals.completed + totals.failed >= count) return
    await pause(LOOK_EVERY_MS)
  }
}

/** Under work stealing the placement of each task says whether it was stolen. */
async function stolenTasks(
  client: SwarmClient,
  tasks: readonly TaskView[],
  { strategy }: ReplayOptions,
): Promise<ReadonlySet<string>> {
  const stolen = new Set<string>()
  if (strategy.kind !== 'work_stealing') return stolen
  for (const { taskId } of tasks) {
    const { reason } = await client.getTaskDecision(taskId)
    if (reason.startsWith('stolen')) stolen.add(taskId)
  }
  return stolen
}

/** The task in the time of the trace. */
function runOf(
  task: TaskView,
  workload: readonly WorkloadTask[],
  factor: number,
  stolen: ReadonlySet<string>,
) {
  const at = (text: string | undefined): number => Date.parse(text ?? task.createdAt) * factor
  return {
    arrivalMs: at(task.createdAt),
    workMs: workload[Number(task.metadata['index'])]?.workMs ?? 0,
    startMs: at(task.assignedAt),
    endMs: at(task.finishedAt),
    isStolen: stolen.has(task.taskId),
    setupPaidMs: 0,
  }
}

function factorFrom(text: string): number {
  const factor = Number(text)
  if (factor > 0 && factor <= 10_000) return factor
  throw new InvalidArgumentError('Expected a number over 0, at most 10000.')
}
