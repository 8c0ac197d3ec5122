import type { DurableProjectionOptions, DurableState } from '../../../kernel/durable-projection.ts'
import { isOneOf, type SwarmEvent } from '../../../model/events.ts'
import { type EstimateRow, SharedEstimates } from '../estimates/shared-estimates.ts'
import type { BlobStoreOptions } from '../models/blob-store.ts'
import type { ModelDeskOptions } from '../models/model-desk.ts'
import type { RoundDeskOptions } from '../rounds/round-desk.ts'
import { type Experience, experienceOf } from './experience.ts'
import { ExperienceLog } from './experience-log.ts'

export interface LearningOptions extends BlobStoreOptions, ModelDeskOptions, RoundDeskOptions {
  /** Experiences that are kept; the oldest leave first. */
  readonly experiencesMax: number
  /** What part of an older outcome's weight is kept at each newer one of the same type and arm, above 0, at most 1. */
  readonly keep: number
  /** Types of work with estimates; the one whose newest outcome is oldest leaves first. */
  readonly typesMax: number
  /** Agents, and methods, with estimates for each type. */
  readonly armsMax: number
}

export const LEARNING_DEFAULTS: LearningOptions = {
  experiencesMax: 10_000,
  keep: 0.999,
  typesMax: 500,
  armsMax: 100,
  storedBytesMax: 536_870_912,
  modelsMax: 100,
  modelVersionsMax: 10,
  openRoundsMax: 20,
  finishedRoundsMax: 200,
}

/** Snapshots are some megabytes where much was learned: fewer of them than of smaller states. */
export const LEARNING_SNAPSHOTS: DurableProjectionOptions = { everyEvents: 10_000, everyMs: 60_000 }

/** Ends of attempts that say how good the agent was at the task. A release or a cancel says nothing of it. */
const SUCCESS_OF = {
  'task.completed': true,
  'task.failed': false,
  'task.rejected': false,
  'task.retrying': false,
} as const
const ENDS = Object.keys(SUCCESS_OF) as readonly (keyof typeof SUCCESS_OF)[]

type Chunk =
  | { readonly of: 'experiences'; readonly entries: readonly Experience[] }
  | { readonly of: 'agents' | 'methods'; readonly rows: readonly EstimateRow[] }

const ENTRIES_IN_CHUNK = 60
const ROWS_IN_CHUNK = 250
const FORMAT = 1

/** What the swarm has learned from finished work: the experiences themselves, and estimates by agent and by method. */
export class LearningState implements DurableState {
  readonly name = 'learning'
  readonly format = FORMAT
  readonly experiences: ExperienceLog
  readonly agents: SharedEstimates
  readonly methods: SharedEstimates

  constructor(options: LearningOptions) {
    this.experiences = new ExperienceLog(options.experiencesMax)
    this.agents = new SharedEstimates(options)
    this.methods = new SharedEstimates(options)
  }

  read(event: SwarmEvent): void {
    const experience = experienceOf(event)
    if (experience !== undefined) this.experiences.add(experience)
    const { durationMs, cost } = experience ?? {}
    const facts = { durationMs, cost, at: event.time }
    if (event.type === 'learning.outcome') {
      // A report of an agent on its own method is not counted again for the agent: its tasks are.
      const { taskType: type, isSuccess, method } = event.data
      this.methods.record({ ...facts, type, isSuccess, arm: method })
    } else if (isOneOf(event, ENDS)) {
      const { taskType: type, agentId } = event.data
      const isSuccess = SUCCESS_OF[event.type]
      if (type !== undefined && agentId !== undefined)
        this.agents.record({ ...facts, type, isSuccess, arm: agentId })
    }
  }

  snapshot(): readonly Chunk[] {
    return [
      ...inPieces(this.experiences.all(), ENTRIES_IN_CHUNK).map(
        (entries) => ({ of: 'experiences', entries }) as const,
      ),
      ...inPieces(this.agents.rows(), ROWS_IN_CHUNK).map((rows) => ({ of: 'agents', rows }) as const),
      ...inPieces(this.methods.rows(), ROWS_IN_CHUNK).map((rows) => ({ of: 'methods', rows }) as const),
    ]
  }

  restore(chunks: readonly unknown[], format: number): void {
    if (format !== FORMAT) throw new RangeError(`unknown format ${format} of the learning state`)
    this.clear()
    for (const chunk of chunks as readonly Chunk[]) {
      if (chunk.of === 'experiences') for (const entry of chunk.entries) this.experiences.add(entry)
      else this[chunk.of].restore(chunk.rows)
    }
  }

  clear(): void {
    this.experiences.clear()
    this.agents.clear()
    this.methods.clear()
  }
}

function inPieces<T>(items: readonly T[], size: number): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, piece) =>
    items.slice(piece * size, (piece + 1) * size),
  )
}
