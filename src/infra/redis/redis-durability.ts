import type { Durability } from '#domain/ports/swarm-store.ts'
import { infoField } from './redis-link.ts'

/** The settings of Redis that decide what an answered write survives. */
export interface RedisSettings {
  readonly isAppendOnly: boolean
  readonly appendfsync: string
  /** `yes`: Redis does not flush while it rewrites its file. */
  readonly noAppendfsyncOnRewrite: string
  readonly maxmemoryPolicy: string
  readonly role: string
}

export interface RedisAnswers {
  readonly persistence: string
  readonly memory: string
  readonly replication: string
  /** Undefined where Redis does not allow CONFIG GET. */
  readonly appendfsync: string | undefined
  readonly noAppendfsyncOnRewrite: string | undefined
}

const WEAKEST_FIRST: readonly Durability[] = ['none', 'committed', 'synced']
const UNKNOWN = 'unknown'

/** @param before the settings that were read last; undefined at the start */
export function readSettings(answers: RedisAnswers, before: RedisSettings | undefined): RedisSettings {
  const { persistence, memory, replication } = answers
  const isEnabled = infoField(persistence, 'aof_enabled') === '1'
  // `appendonly yes` keeps nothing before the first rewrite has written what was there.
  const isBeginning = before?.isAppendOnly === false && !hasRewritten(persistence)
  return {
    isAppendOnly: isEnabled && !isBeginning,
    appendfsync: answers.appendfsync ?? UNKNOWN,
    noAppendfsyncOnRewrite: answers.noAppendfsyncOnRewrite ?? UNKNOWN,
    maxmemoryPolicy: infoField(memory, 'maxmemory_policy') ?? UNKNOWN,
    role: infoField(replication, 'role') ?? UNKNOWN,
  }
}

/**
 * What Redis gives: `synced` where it flushes its file before it answers, `committed` where it has an append-only
 * file, `none` where it has no such file or may evict keys. A snapshot (RDB) loses minutes, so it counts as none.
 */
export function durabilityOf(settings: RedisSettings): Durability {
  if (!settings.isAppendOnly || settings.maxmemoryPolicy !== 'noeviction') return 'none'
  const isSynced = settings.appendfsync === 'always' && settings.noAppendfsyncOnRewrite === 'no'
  return isSynced ? 'synced' : 'committed'
}

/** Why these settings do not give what is required, for a person; undefined where they do. */
export function shortfallOf(settings: RedisSettings, required: Durability): string | undefined {
  if (WEAKEST_FIRST.indexOf(durabilityOf(settings)) >= WEAKEST_FIRST.indexOf(required)) return undefined
  const { isAppendOnly, appendfsync, noAppendfsyncOnRewrite, maxmemoryPolicy } = settings
  const isSynced = required === 'synced'
  const wrong = [
    isAppendOnly ? [] : 'appendonly no (needed: yes)',
    isSynced && appendfsync !== 'always' ? `appendfsync ${appendfsync} (needed: always)` : [],
    isSynced && noAppendfsyncOnRewrite !== 'no'
      ? `no-appendfsync-on-rewrite ${noAppendfsyncOnRewrite} (needed: no)`
      : [],
    maxmemoryPolicy === 'noeviction' ? [] : `maxmemory-policy ${maxmemoryPolicy} (needed: noeviction)`,
  ]
  return `redis gives less than the durability "${required}": ${wrong.flat().join(', ')}`
}

function hasRewritten(persistence: string): boolean {
  const isRunning = ['aof_rewrite_in_progress', 'aof_rewrite_scheduled'].some(
    (field) => infoField(persistence, field) !== '0',
  )
  return !isRunning && infoField(persistence, 'aof_last_bgrewrite_status') === 'ok'
}
