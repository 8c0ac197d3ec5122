import type { EpochMs } from './ids.ts'
import { recordKind } from './record-kind.ts'

/** What a control applies to. A key is a task's `fairnessKey`; the name {@link EVERY_KEY} stands for each key apart. */
export type ControlTarget =
  | { readonly kind: 'swarm' }
  | { readonly kind: 'type' | 'capability' | 'key'; readonly name: string }

export const EVERY_KEY = '*'

/** How often something may start. */
export interface RateLimit {
  /** Starts in each `windowMs`, 1 or more. */
  readonly count: number
  /** In milliseconds, 1 or more. */
  readonly windowMs: number
  /** Most starts at once after a quiet time, 1 or more; default `count`. */
  readonly burst?: number
}

/** What an operator has set for the tasks of one target. What is left out does not limit. */
export interface ControlRecord {
  readonly target: ControlTarget
  /** Tasks that agents may hold at once. */
  readonly concurrencyMax?: number
  readonly rate?: RateLimit
  readonly pause?: { readonly since: EpochMs; readonly reason: string }
  readonly updatedAt: EpochMs
}

/** What a rate limit has left, stored so that a restart or takeover does not refill it. */
export interface RateLevelRecord {
  /** As {@link controlId}. */
  readonly target: string
  readonly tokens: number
  readonly at: EpochMs
}

/** `swarm`, `type:NAME`, `capability:NAME` or `key:NAME`. */
export function controlId(target: ControlTarget): string {
  return target.kind === 'swarm' ? 'swarm' : `${target.kind}:${target.name}`
}

/** The same as an id of a record, which takes no `/`; names hold no `|`. */
export const controlRecordId = (id: string): string => id.replaceAll('/', '|')

/** What an operator has set for the tasks of one target, under {@link controlRecordId}. */
export const CONTROL_RECORDS = recordKind<ControlRecord>('control')

/** What a rate limit has left, under {@link controlRecordId}. */
export const RATE_LEVEL_RECORDS = recordKind<RateLevelRecord>('rate_level')
