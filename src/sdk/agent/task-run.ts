import { LIMITS } from '#contract/limits.ts'
import { cutText } from '#contract/text.ts'
import { startTimer } from '#infra/system/timer.ts'
import type { SwarmApiError } from '../client/swarm-api-error.ts'
import type { SwarmClient } from '../client/swarm-client.ts'
import { errorOf, textOf } from '../client/user-code.ts'
import { type AgentReport, completion, failureOf, rejection, release } from './agent-report.ts'
import {
  type AgentTask,
  type TaskContext,
  TaskFailure,
  type TaskHandler,
  TaskRevoked,
  type TaskUsage,
} from './agent-task.ts'
import { guardListeners } from './guarded-signal.ts'

export interface ProgressNote {
  readonly ratio?: number
  readonly message?: string
  readonly waitsFor?: string[]
}

export interface TaskRunOptions {
  readonly task: AgentTask
  readonly client: SwarmClient
  /** How the attempt ended; called once, and not after the run was revoked. */
  onReport(report: AgentReport): void
  onProgress(note: ProgressNote): void
  /** The user's code did what it may not, and nobody else can tell it so. */
  onError(error: Error): void
}

/** One attempt at one task: its handler at work, and its one outcome. */
export class TaskRun {
  readonly task: AgentTask
  readonly #options: TaskRunOptions
  readonly #aborting = new AbortController()
  readonly #signal: AbortSignal
  #report: AgentReport | undefined
  #progressNote: { readonly ratio?: number; readonly message?: string } = {}
  #waitsFor: string[] = []
  #isReplaced = false
  #usage: TaskUsage | undefined
  #cancelTimer: () => void = () => undefined

  constructor(options: TaskRunOptions) {
    this.task = options.task
    this.#options = options
    this.#signal = guardListeners(this.#aborting.signal, (thrown) => options.onError(errorOf(thrown)))
  }

  get taskId(): string {
    return this.task.taskId
  }

  get fencingToken(): number {
    return this.task.fencingToken
  }

  /** How it ended; undefined while the handler works. */
  get report(): AgentReport | undefined {
    return this.#report
  }

  /** Runs the handler. Never rejects. */
  async start(handler: TaskHandler | undefined): Promise<void> {
    const { task } = this
    if (handler === undefined) {
      this.#end(failureOf(task, new TaskFailure(`no handler for ${task.type}`, { code: 'no_handler' })))
      return
    }
    try {
      this.#cancelTimer = startTimer(task.timeoutMs, () => this.#timeOut())
      const returned = await handler(task, this.#context())
      this.#end(completion(task, returned))
    } catch (error) {
      this.#end(failureOf(task, error))
    } finally {
      this.#cancelTimer()
    }
  }

  /** The work is no longer wanted: whatever comes of it is dropped. */
  revoke(reason: TaskRevoked): void {
    this.#cancelTimer()
    this.#aborting.abort(reason)
  }

  /**
   * The swarm cannot take what was reported: the attempt fails for good, with the reason it was refused for.
   *
   * @returns false where that was refused as well
   */
  replaceReport(error: SwarmApiError): boolean {
    if (this.#report === undefined || this.#isReplaced) return false
    this.#isReplaced = true
    const what = this.#report.type === 'task.complete' ? 'result' : 'report'
    const refusal = new TaskFailure(`the ${what} was refused: ${error.message}`, {
      code: error.code,
      retryable: false,
    })
    this.#report = failureOf(this.task, refusal)
    return true
  }

  #context(): TaskContext {
    const { task } = this
    return {
      signal: this.#signal,
      client: this.#options.client,
      progress: (ratio, message) => this.#progress(ratio, message),
      used: (usage) => this.#use(usage),
      waitFor: (agentIds) => this.#waitFor(agentIds),
      release: (reason) => {
        this.#end(release(task, reason))
        throw new Error(`released: ${textOf(reason)}`)
      },
      reject: (error) => {
        this.#end(rejection(task, error))
        throw new Error('rejected', { cause: error })
      },
    }
  }

  /** Throws nothing: a note is often made in a callback, where nobody would catch it. */
  #progress(ratio: unknown, message: unknown): void {
    if (this.#isOver) return
    if (typeof ratio !== 'number' || Number.isNaN(ratio)) {
      this.#options.onError(new TypeError('progress: the ratio must be a number from 0 to 1'))
      return
    }
    if (message !== undefined && typeof message !== 'string') {
      this.#options.onError(new TypeError('progress: the message must be a string'))
      return
    }
    const note = { ratio: Math.min(1, Math.max(0, ratio)) }
    const clipped = message === undefined ? {} : { message: cutText(message, LIMITS.textLengthMax) }
    this.#progressNote = { ...note, ...clipped }
    this.#note()
  }

  /** Throws nothing, as {@link #progress}. */
  #waitFor(agentIds: unknown): void {
    if (this.#isOver) return
    if (!Array.isArray(agentIds) || agentIds.some((id) => typeof id !== 'string')) {
      this.#options.onError(new TypeError('waitFor: the agents must be a list of ids'))
      return
    }
    this.#waitsFor = [...new Set(agentIds as string[])]
    this.#note()
  }

  /** Each report says anew what the task waits for. */
  #note(): void {
    const waits = this.#waitsFor.length === 0 ? {} : { waitsFor: this.#waitsFor }
    this.#options.onProgress({ ...this.#progressNote, ...waits })
  }

  #use(usage: TaskUsage): void {
    for (const unit of ['tokens', 'money'] as const) {
      const amount: unknown = usage[unit]
      if (amount === undefined) continue
      if (typeof amount !== 'number' || !(amount >= 0 && amount < Infinity)) {
        this.#options.onError(new TypeError(`used: ${unit} must be a number from 0 up`))
        continue
      }
      this.#usage = { ...this.#usage, [unit]: (this.#usage?.[unit] ?? 0) + amount }
    }
  }

  #timeOut(): void {
    const message = `not done within ${this.task.timeoutMs} ms`
    // The report before the abort: what the handler throws on being aborted would else be the reason.
    this.#end(failureOf(this.task, new TaskFailure(message, { code: 'timeout' })))
    this.revoke(new TaskRevoked('timeout', message))
  }

  /** The first outcome counts: after `release` the handler still throws or returns something. */
  #end(report: AgentReport): void {
    if (this.#isOver) return
    const usage = this.#usage
    this.#report = usage === undefined || report.type === 'task.release' ? report : { ...report, usage }
    this.#options.onReport(this.#report)
  }

  get #isOver(): boolean {
    return this.#report !== undefined || this.#aborting.signal.aborted
  }
}
