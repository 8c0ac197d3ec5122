import type { TaskView } from '#contract/index.ts'
import { openSseFeed, SwarmClient } from '#sdk/index.ts'
import { eventually } from '../eventually.ts'
import type { AgentFleet } from './agent-fleet.ts'
import type { JournalEntry } from './agent-journal.ts'
import { EventFollower } from './event-follower.ts'
import type { LogReading } from './log-reading.ts'
import type { SubmitLoad } from './submit-load.ts'

/** The result a chaos agent completes a task with. */
export interface ChaosResult {
  readonly agentId: string
  readonly fencingToken: number
}

/** What is known once a scenario is over, from three sides: clients, agents, and the swarm itself. */
export interface Evidence {
  readonly load: SubmitLoad
  readonly journal: readonly JournalEntry[]
  /** What was read while it happened. */
  readonly followed: LogReading
  /** The log as it stands at the end. */
  readonly log: LogReading
  /** All tasks as they stand at the end. */
  readonly tasks: ReadonlyMap<string, TaskView>
  /** Of some completed tasks. */
  readonly results: ReadonlyMap<string, ChaosResult>
}

export interface EvidenceSources {
  readonly urls: readonly string[]
  readonly load: SubmitLoad
  readonly fleet: AgentFleet
  readonly follower: EventFollower
}

const SAMPLED_RESULTS = 200
const IDLE_TIMEOUT_MS = 60_000

/** Waits until no task is open, and gathers everything there is to be known. Ends the follower. */
export async function gatherEvidence({ urls, load, fleet, follower }: EvidenceSources): Promise<Evidence> {
  const client = new SwarmClient({ url: urls })
  await whenIdle(client)
  await follower.catchUp()
  await follower.close()
  const tasks = await listAllTasks(client)
  const log = await readWholeLog(urls)
  const results = await sampleResults(client, tasks)
  return { load, journal: await fleet.journal(), followed: follower.reading, log, tasks, results }
}

async function whenIdle(client: SwarmClient): Promise<void> {
  let openTasks = 0
  await eventually(
    async () => {
      ;({ openTasks } = await client.getResources())
      return openTasks === 0
    },
    { timeoutMs: IDLE_TIMEOUT_MS, everyMs: 100, what: () => `an idle swarm; ${openTasks} tasks are open` },
  )
}

async function listAllTasks(client: SwarmClient): Promise<ReadonlyMap<string, TaskView>> {
  const tasks = new Map<string, TaskView>()
  let pageToken: string | undefined
  do {
    const page = await client.listTasks({ pageSize: 100, ...(pageToken === undefined ? {} : { pageToken }) })
    for (const task of page.tasks) tasks.set(task.taskId, task)
    pageToken = page.nextPageToken
  } while (pageToken !== undefined)
  return tasks
}

/** From the beginning, the other way than the live follower: as server-sent events. */
async function readWholeLog(urls: readonly string[]): Promise<LogReading> {
  const reader = new EventFollower({ urls, openFeed: openSseFeed })
  await reader.catchUp()
  await reader.close()
  return reader.reading
}

async function sampleResults(
  client: SwarmClient,
  tasks: ReadonlyMap<string, TaskView>,
): Promise<ReadonlyMap<string, ChaosResult>> {
  const completed = [...tasks.values()].filter(({ status }) => status === 'completed')
  const step = Math.max(1, Math.floor(completed.length / SAMPLED_RESULTS))
  const sample = completed.filter((_, index) => index % step === 0)
  const results = new Map<string, ChaosResult>()
  for (const { taskId } of sample) {
    const { result } = await client.getTask(taskId)
    results.set(taskId, result as ChaosResult)
  }
  return results
}
