import type { PatternKind } from '../../model/pattern-settings.ts'
import {
  AGENTS_NAMED_MAX,
  EVIDENCE_MAX,
  type Finding,
  type Judgement,
  type PatternGroup,
  type Severity,
  severityOf,
} from './pattern.ts'

/** A pattern from its first finding on. */
export interface Pattern {
  /** Sequence number of the event with which it was first seen, and kind: `000000001234-ping-pong`. Ids sort by age. */
  readonly patternId: string
  readonly kind: PatternKind
  readonly key: string
  readonly status: 'active' | 'ended'
  readonly severity: Severity
  /** Largest effect so far, 0 to 1. */
  readonly effect: number
  /** Smallest p-value so far. */
  readonly pValue: number
  readonly agentIds: readonly string[]
  /** Of the newest finding. */
  readonly evidence: readonly number[]
  readonly taskIds: readonly string[]
  readonly groups: readonly PatternGroup[]
  /** Of synchrony, in milliseconds. */
  readonly periodMs?: number
  readonly findings: number
  /** Milliseconds since the Unix epoch. */
  readonly firstSeenAt: number
  readonly lastSeenAt: number
  readonly firstSequence: number
  readonly lastSequence: number
}

export interface PatternChange {
  readonly type: 'detected' | 'seen_again' | 'ended'
  readonly pattern: Pattern
}

/** Judgements of its detector in a row without a pattern before it has ended. */
const QUIET_JUDGEMENTS = 2
const ACTIVE_MAX = 1_000

interface Tracked {
  pattern: Pattern
  quiet: number
}

/** Keeps which patterns are active: findings with the same kind and key are one pattern until it has been quiet. */
export class PatternTracker {
  readonly #tracked = new Map<string, Tracked>()
  readonly #quietMs: number

  /** @param quietMs a pattern that was not seen for this long has ended, in milliseconds */
  constructor(quietMs = 600_000) {
    this.#quietMs = quietMs
  }

  get isIdle(): boolean {
    return this.#tracked.size === 0
  }

  get active(): readonly Pattern[] {
    return [...this.#tracked.values()].map(({ pattern }) => pattern)
  }

  /** Takes up a pattern that was active earlier. */
  adopt(pattern: Pattern): void {
    this.#tracked.set(keyOf(pattern), { pattern, quiet: 0 })
  }

  /** @param sequence of the event that the detector judged at @param at its time, in milliseconds */
  judged(kind: PatternKind, judgement: Judgement, sequence: number, at: number): PatternChange[] {
    const seen = new Set(judgement.found.map(keyOf))
    const changes = judgement.found.map((finding) => this.#found(finding, sequence, at))
    const over = new Set(judgement.over)
    for (const [key, tracked] of this.#tracked) {
      const { pattern } = tracked
      if (pattern.kind !== kind || seen.has(key)) continue
      // An exact detector says itself what is over; that it found another pattern says nothing of this one.
      if (judgement.over === undefined) tracked.quiet += 1
      if (over.has(pattern.key) || tracked.quiet >= QUIET_JUDGEMENTS) changes.push(this.#end(pattern))
    }
    return changes.filter((change) => change !== undefined)
  }

  /** Ends what was not seen for a long time, as where the events that a detector reads have ceased. */
  expire(at: number): PatternChange[] {
    return this.active
      .filter(({ lastSeenAt }) => at - lastSeenAt > this.#quietMs)
      .map((pattern) => this.#end(pattern))
  }

  /** Ends all patterns of a kind whose detector was switched off. */
  endKind(kind: PatternKind): PatternChange[] {
    return this.active.filter((pattern) => pattern.kind === kind).map((pattern) => this.#end(pattern))
  }

  #found(finding: Finding, sequence: number, at: number): PatternChange | undefined {
    const key = keyOf(finding)
    const known = this.#tracked.get(key)
    if (known === undefined && this.#tracked.size >= ACTIVE_MAX) return undefined
    const pattern =
      known === undefined ? firstSeen(finding, sequence, at) : seenAgain(known.pattern, finding, sequence, at)
    this.#tracked.set(key, { pattern, quiet: 0 })
    return { type: known === undefined ? 'detected' : 'seen_again', pattern }
  }

  #end(pattern: Pattern): PatternChange {
    this.#tracked.delete(keyOf(pattern))
    return { type: 'ended', pattern: { ...pattern, status: 'ended' } }
  }
}

function keyOf({ kind, key }: { readonly kind: PatternKind; readonly key: string }): string {
  return `${kind} ${key}`
}

function firstSeen(finding: Finding, sequence: number, at: number): Pattern {
  const { kind, key, agentIds, evidence, taskIds, groups, periodMs, pValue, effect } = finding
  return {
    patternId: `${String(sequence).padStart(12, '0')}-${kind.replaceAll('_', '-')}`,
    kind,
    key,
    status: 'active',
    severity: severityOf(effect),
    effect,
    pValue,
    agentIds,
    evidence,
    taskIds,
    groups,
    ...(periodMs === undefined ? {} : { periodMs }),
    findings: 1,
    firstSeenAt: at,
    lastSeenAt: at,
    firstSequence: evidence[0] ?? sequence,
    lastSequence: evidence.at(-1) ?? sequence,
  }
}

function seenAgain(pattern: Pattern, finding: Finding, sequence: number, at: number): Pattern {
  const effect = Math.max(pattern.effect, finding.effect)
  return {
    ...pattern,
    severity: severityOf(effect),
    effect,
    pValue: Math.min(pattern.pValue, finding.pValue),
    agentIds: [...new Set([...finding.agentIds, ...pattern.agentIds])].slice(0, AGENTS_NAMED_MAX),
    evidence: finding.evidence.slice(-EVIDENCE_MAX),
    taskIds: finding.taskIds,
    groups: finding.groups,
    findings: pattern.findings + 1,
    lastSeenAt: at,
    lastSequence: finding.evidence.at(-1) ?? sequence,
  }
}
