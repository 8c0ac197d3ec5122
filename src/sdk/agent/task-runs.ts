import type { HeldTask } from '#contract/index.ts'
import { LIMITS } from '#contract/limits.ts'
import { startTimer } from '#infra/system/timer.ts'
import { Backoff, pause } from '../client/backoff.ts'
import { SwarmApiError } from '../client/swarm-api-error.ts'
import type { SwarmClient } from '../client/swarm-client.ts'
import { errorOf } from '../client/user-code.ts'
import type { AgentChannel } from './agent-channel.ts'
import { release } from './agent-report.ts'
import { type AgentTask, type TaskHandler, TaskRevoked } from './agent-task.ts'
import type { OutgoingFrame } from './frame-codec.ts'
import { type ProgressNote, TaskRun } from './task-run.ts'

export interface TaskRunsOptions {
  handlerOf(taskType: string): TaskHandler | undefined
  /** The swarm refused what the agent said of a task it held: somebody else has it, or nobody needs it. */
  onRefused(taskId: string, error: SwarmApiError): void
  /** Of the user's code, where nobody else can tell it so. */
  onError(error: Error): void
}

/** Quick work is completed without having been accepted first, which saves the hub half of the frames. */
const ACCEPT_AFTER_MS = 20

interface Entry {
  readonly run: TaskRun
  readonly cancelAccept: () => void
  isAcceptDue: boolean
  isAccepted: boolean
  progress: ProgressNote | undefined
  isReportingProgress: boolean
}

/**
 * The tasks an agent holds. Each is kept until the swarm has acknowledged how it ended, over as many connections as
 * that takes: an outcome is never dropped while the lease may still be the agent's.
 */
export class TaskRuns {
  readonly #options: TaskRunsOptions
  readonly #client: SwarmClient
  readonly #entries = new Map<string, Entry>()
  #channel: AgentChannel | undefined
  #isEnding = false
  readonly #onIdle: (() => void)[] = []

  constructor(options: TaskRunsOptions, { client }: { readonly client: SwarmClient }) {
    this.#options = options
    this.#client = client
  }

  get size(): number {
    return this.#entries.size
  }

  /** What the agent still holds, finished and unacknowledged tasks included. */
  get held(): HeldTask[] {
    const runs = [...this.#entries.values()].slice(0, LIMITS.heldTasksMax)
    return runs.map(({ run: { taskId, fencingToken } }) => ({ taskId, fencingToken }))
  }

  assign(task: AgentTask): void {
    // It was on its way when the agent said that it takes no more: another agent gets it, and no attempt is charged.
    if (this.#isEnding) {
      this.#channel?.send(release(task, 'the agent closes'))
      return
    }
    const earlier = this.#entries.get(task.taskId)
    // Told twice of one assignment: work goes on.
    if (earlier !== undefined && earlier.run.fencingToken >= task.fencingToken) return
    this.#drop(earlier, new TaskRevoked('lease_lost', 'the task was assigned anew'))
    const run = new TaskRun({
      task,
      client: this.#client,
      onReport: () => this.#finished(entry),
      onProgress: (note) => this.#progressed(entry, note),
      onError: (error) => this.#options.onError(error),
    })
    const cancelAccept = startTimer(ACCEPT_AFTER_MS, () => {
      entry.isAcceptDue = true
      void this.#accept(entry)
    })
    const entry: Entry = {
      run,
      cancelAccept,
      isAcceptDue: false,
      isAccepted: false,
      progress: undefined,
      isReportingProgress: false,
    }
    this.#entries.set(task.taskId, entry)
    void run.start(this.#options.handlerOf(task.type))
  }

  /** The swarm took the task away. @returns false where it was not held, or has been assigned anew since */
  revoke({ taskId, fencingToken }: HeldTask, reason: TaskRevoked): boolean {
    const entry = this.#entries.get(taskId)
    if (entry?.run.fencingToken !== fencingToken) return false
    this.#drop(entry, reason)
    return true
  }

  /** A channel is open, and the swarm has said which tasks are still the agent's: their outcomes are due. */
  connected(channel: AgentChannel): void {
    this.#channel = channel
    for (const entry of this.#entries.values()) {
      if (entry.run.report !== undefined) void this.#report(entry)
      else if (entry.isAcceptDue && !entry.isAccepted) void this.#accept(entry)
    }
  }

  disconnected(): void {
    this.#channel = undefined
  }

  /** Takes nothing new, then gives back what is not finished; resolves once the swarm knows, or cannot be told. */
  async end(reason: string): Promise<void> {
    this.#isEnding = true
    // Frames are taken up in order: the server has heard this when it hears what is given back.
    this.#channel?.send({ type: 'drain' })
    await this.giveBack(reason)
  }

  /** Gives back what is not finished; resolves once the swarm knows, or cannot be told. */
  async giveBack(reason: string): Promise<void> {
    const unfinished = [...this.#entries.values()].filter(({ run }) => run.report === undefined)
    const channel = this.#channel
    const told = unfinished.map(async (entry) => {
      this.#drop(entry, new TaskRevoked('agent_closed', reason))
      if (channel !== undefined) await refusalOf(channel, release(entry.run.task, reason))
    })
    await Promise.all(told)
  }

  /** Resolves once nothing is held any more. */
  async whenIdle(): Promise<void> {
    if (this.#entries.size > 0) await new Promise<void>((resolve) => this.#onIdle.push(resolve))
  }

  #finished(entry: Entry): void {
    entry.cancelAccept()
    void this.#report(entry)
  }

  /** Tells how the run ended, until it is acknowledged or the channel is gone; `connected` goes on from there. */
  async #report(entry: Entry): Promise<void> {
    const { run } = entry
    const channel = this.#channel
    if (channel === undefined) return
    const backoff = new Backoff({ minMs: 50, baseMs: 200, maxMs: 3_000 })
    while (this.#channel === channel && this.#isHeld(entry) && run.report !== undefined) {
      const error = await refusalOf(channel, run.report)
      if (error === undefined) this.#drop(entry)
      else if (error.retryable) await pause(Math.max(backoff.nextMs(), error.retryAfterMs ?? 0))
      // A report the swarm cannot take ends the task as a failure, rather than with its lease and attempt after attempt.
      else if (isLoss(error) || !run.replaceReport(error)) this.#refused(entry, error)
    }
  }

  async #accept(entry: Entry): Promise<void> {
    const { taskId, fencingToken } = entry.run
    const channel = this.#channel
    if (channel === undefined) return
    const error = await refusalOf(channel, { type: 'task.accept', taskId, fencingToken })
    entry.isAccepted = error === undefined
    if (error !== undefined && isLoss(error)) this.#refused(entry, error)
  }

  #progressed(entry: Entry, note: ProgressNote): void {
    entry.progress = note
    if (!entry.isReportingProgress) void this.#reportProgress(entry)
  }

  /** One at a time, the newest: however often a handler speaks, the hub hears no more than it can answer. */
  async #reportProgress(entry: Entry): Promise<void> {
    const { taskId, fencingToken } = entry.run
    entry.isReportingProgress = true
    while (entry.progress !== undefined && entry.run.report === undefined && this.#isHeld(entry)) {
      const note = entry.progress
      entry.progress = undefined
      const channel = this.#channel
      if (channel === undefined) break
      const error = await refusalOf(channel, { type: 'task.progress', taskId, fencingToken, ...note })
      if (error !== undefined && isLoss(error)) this.#refused(entry, error)
    }
    entry.isReportingProgress = false
  }

  #refused(entry: Entry, error: SwarmApiError): void {
    if (!this.#isHeld(entry)) return
    // The answer to a report may come before the notice of what ended the task.
    const code = error.details['status'] === 'canceled' ? 'canceled' : 'lease_lost'
    this.#drop(entry, new TaskRevoked(code, error.message))
    this.#options.onRefused(entry.run.taskId, error)
  }

  #isHeld(entry: Entry): boolean {
    return this.#entries.get(entry.run.taskId) === entry
  }

  #drop(entry: Entry | undefined, reason?: TaskRevoked): void {
    if (entry === undefined || !this.#isHeld(entry)) return
    entry.cancelAccept()
    this.#entries.delete(entry.run.taskId)
    if (reason !== undefined) entry.run.revoke(reason)
    if (this.#entries.size > 0) return
    for (const resolve of this.#onIdle.splice(0)) resolve()
  }
}

/** The task is somebody else's, or over. */
function isLoss({ code }: SwarmApiError): boolean {
  return code === 'lease_lost' || code === 'task_not_found' || code === 'task_finished'
}

async function refusalOf(channel: AgentChannel, frame: OutgoingFrame): Promise<SwarmApiError | undefined> {
  try {
    await channel.request(frame)
    return undefined
  } catch (error) {
    if (error instanceof SwarmApiError) return error
    // The frame could not be written: to send it again would not help.
    return new SwarmApiError({ code: 'frame_invalid', message: errorOf(error).message }, { cause: error })
  }
}
