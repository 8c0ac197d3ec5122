import type { SwarmEvent } from '#contract/index.ts'

export type Outcome = 'completed' | 'failed' | 'canceled' | 'deadLetter'

/** One task's story, as the swarm's events tell it. */
export interface TaskStory {
  readonly taskId: string
  readonly type: string
  /** From ready to assigned, once for each assignment. */
  readonly waitsMs: number[]
  /** From assignment to completion. */
  runMs: number | undefined
  /** Who has had it, in order. */
  readonly agentIds: string[]
  outcome: Outcome | undefined
}

/** An attempt that an agent did not bring to its end, and who went on with the task. */
export interface Handover {
  readonly taskId: string
  readonly type: string
  readonly from: string
  readonly to: string
}

/** Keeps the books of a run from the event log alone: what was submitted, who did it, what became of it. */
export class RunLedger {
  readonly #stories = new Map<string, TaskStory>()
  readonly #handovers: Handover[] = []
  #finishedCount = 0
  #repeatedCount = 0

  get stories(): readonly TaskStory[] {
    return [...this.#stories.values()]
  }

  get handovers(): readonly Handover[] {
    return this.#handovers
  }

  get finishedCount(): number {
    return this.#finishedCount
  }

  /** Attempts after which another was made. */
  get repeatedCount(): number {
    return this.#repeatedCount
  }

  /** The outcomes sum up to `submitted` once all is finished. What an agent rejected has failed. */
  countOutcomes(): Record<'submitted' | Outcome, number> {
    const counts = { submitted: this.#stories.size, completed: 0, failed: 0, canceled: 0, deadLetter: 0 }
    for (const { outcome } of this.#stories.values()) if (outcome !== undefined) counts[outcome]++
    return counts
  }

  take(event: SwarmEvent): void {
    const taskId = event.subject
    if (event.type === 'amos.task.submitted') {
      const { taskType: type } = event.data
      this.#stories.set(taskId, {
        taskId,
        type,
        waitsMs: [],
        runMs: undefined,
        agentIds: [],
        outcome: undefined,
      })
      return
    }
    const story = this.#stories.get(taskId)
    if (story !== undefined) this.#follow(story, event)
  }

  #follow(story: TaskStory, event: SwarmEvent): void {
    switch (event.type) {
      case 'amos.task.assigned':
        this.#assigned(story, event.data.agentId, event.data.waitMs)
        return
      case 'amos.task.retrying':
      case 'amos.task.released':
        this.#repeatedCount += 1
        return
      case 'amos.task.completed':
        Object.assign(story, { runMs: event.data.runMs })
        this.#finished(story, 'completed')
        return
      case 'amos.task.failed':
        this.#finished(story, event.data.phase === 'dead_letter' ? 'deadLetter' : 'failed')
        return
      case 'amos.task.rejected':
        this.#finished(story, 'failed')
        return
      case 'amos.task.canceled':
        this.#finished(story, 'canceled')
        return
      default:
      // Progress, and what concerns agents, changes nothing in these books.
    }
  }

  #assigned(story: TaskStory, agentId: string, waitMs: number): void {
    const from = story.agentIds.at(-1)
    const { taskId, type } = story
    if (from !== undefined) this.#handovers.push({ taskId, type, from, to: agentId })
    story.agentIds.push(agentId)
    story.waitsMs.push(waitMs)
  }

  #finished(story: TaskStory, outcome: Outcome): void {
    // The swarm promises one final event per task: books that took two would hide that it broke its word.
    if (story.outcome !== undefined) throw new Error(`task ${story.taskId} ended twice`)
    story.outcome = outcome
    this.#finishedCount += 1
  }
}
