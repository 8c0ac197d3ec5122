import { type Static, Type } from '@sinclair/typebox'
import { WaitSummary } from './placement.ts'
import { Count, Ratio, Timestamp } from './scalars.ts'
import { closedObject } from './schema.ts'

const duration = (description: string) => Type.Number({ minimum: 0, description })

export const DurationSummary = closedObject(
  {
    count: Count('Durations in the window.'),
    meanMs: duration('Mean, in milliseconds.'),
    p50Ms: duration('Median, in milliseconds.'),
    p90Ms: duration('90th percentile, in milliseconds.'),
    p99Ms: duration('99th percentile, in milliseconds.'),
    maxMs: duration('Longest, in milliseconds.'),
  },
  { title: 'DurationSummary', description: 'Durations over the newest window; all 0 where `count` is.' },
)

const openTasks = (description: string) => Type.Optional(Count(description))

export const ResourceReport = closedObject(
  {
    at: Timestamp,
    tasks: closedObject(
      {
        blocked: openTasks('Wait for other tasks.'),
        delayed: openTasks('Wait for their time.'),
        queued: openTasks('Ready to run.'),
        offered: openTasks('Offered to an agent.'),
        assigned: openTasks('Given to an agent that has not taken them up yet.'),
        running: openTasks('Being done.'),
        retrying: openTasks('Wait for their next attempt.'),
        dead_letter: openTasks('Always 0: these are finished.'),
        done: openTasks('Always 0: these are finished.'),
      },
      { description: 'Open tasks by phase; a phase without any may be left out.' },
    ),
    openTasks: Count('Tasks not yet finished.'),
    queueDepth: Count('Ready tasks no agent could start yet.'),
    oldestWaitMs: duration('How long the longest-waiting ready task has waited, in milliseconds.'),
    wait: DurationSummary,
    run: DurationSummary,
    agents: closedObject(
      {
        online: Count('Can be given work.'),
        suspect: Count('Silent for now.'),
        offline: Count('Gone.'),
        draining: Count('Finish what they hold.'),
        breakersOpen: Count('Get no work for now because too much of it failed.'),
      },
      { description: 'Agents by status.' },
    ),
    slots: Count('Tasks all live agents can do at the same time.'),
    slotsBusy: Count('Of these, how many are taken.'),
    utilisation: Ratio('`slotsBusy` / `slots`; 0 where there are no slots.'),
    totals: closedObject(
      {
        submitted: Count('Accepted.'),
        completed: Count('Completed.'),
        failed: Count('Failed for good.'),
        canceled: Count('Canceled.'),
        rejected: Count('Rejected by an agent.'),
        retried: Count('Attempts after which another was made.'),
        expired: Count('Leases that ran out.'),
      },
      { description: 'Since the coordinating node took the swarm over.' },
    ),
    waiting: Type.Array(WaitSummary, {
      maxItems: 500,
      description:
        'Why ready tasks wait, most tasks first; tasks that only wait for a busy agent are left out where nothing else holds them.',
    }),
    coordinatorId: Type.String({ maxLength: 63, description: 'The server node that coordinates the swarm.' }),
    epoch: Count('Numbers the coordinatorships of the swarm.'),
  },
  { title: 'ResourceReport', description: 'How the swarm is doing: queue, waits, run times, agents.' },
)
export type ResourceReport = Static<typeof ResourceReport>
