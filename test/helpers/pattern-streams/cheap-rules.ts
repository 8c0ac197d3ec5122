import type { Observation } from '#domain/intelligence/patterns/observation.ts'
import type { PatternKind } from '#domain/model/pattern-settings.ts'

type Rule = (window: readonly Observation[]) => boolean

const FAILURES_MEAN = 10

/** What one would try first: a fixed limit on one window. The bench reports how often each is wrong on null windows. */
export const CHEAP_RULES: Readonly<
  Partial<Record<PatternKind, { readonly name: string; readonly rule: Rule }>>
> = {
  herding: { name: 'one agent > 20 %', rule: (window) => largestShare(assignedAgents(window)) > 0.2 },
  ping_pong: { name: '≥ 6 handoffs', rule: hasSixHandoffs },
  wait_cycle: { name: 'a chain of 3', rule: hasChainOfThree },
  failure_cascade: {
    name: 'mean + 3 sd',
    rule: (window) => failures(window) > FAILURES_MEAN + 3 * Math.sqrt(FAILURES_MEAN),
  },
  specialisation: { name: '> 60 % one type', rule: hasOneTypedAgent },
  polarisation: { name: 'votes near even', rule: hasMostVotesNearEven },
  synchrony: { name: 'half the ends in a fifth of the period', rule: hasCrowdedPeriod },
  clusters: { name: 'a pair with 3 × its share', rule: hasStrongPair },
}

function assignedAgents(window: readonly Observation[]): string[] {
  return window.flatMap((item) => (item.kind === 'assigned' ? [item.agentId] : []))
}

function failures(window: readonly Observation[]): number {
  return window.filter((item) => item.kind === 'ended' && item.outcome === 'failed').length
}

function largestShare(texts: readonly string[]): number {
  return Math.max(0, ...countsOf(texts).values()) / texts.length
}

function countsOf(texts: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1)
  return counts
}

function hasSixHandoffs(window: readonly Observation[]): boolean {
  const tasks = window.flatMap((item) => (item.kind === 'assigned' ? [item.taskId] : []))
  return Math.max(0, ...countsOf(tasks).values()) > 6
}

function hasChainOfThree(window: readonly Observation[]): boolean {
  const next = new Map(
    window.flatMap((item) =>
      item.kind === 'waits' && item.waitsFor[0] !== undefined
        ? [[item.agentId, item.waitsFor[0]] as const]
        : [],
    ),
  )
  return [...next.keys()].some((agentId) => {
    const second = next.get(agentId)
    return second !== undefined && next.get(next.get(second) ?? '') !== undefined
  })
}

function hasOneTypedAgent(window: readonly Observation[]): boolean {
  const byAgent = new Map<string, string[]>()
  for (const item of window) {
    if (item.kind !== 'assigned') continue
    byAgent.set(item.agentId, [...(byAgent.get(item.agentId) ?? []), item.taskType])
  }
  return [...byAgent.values()].some((types) => largestShare(types) > 0.6)
}

function hasMostVotesNearEven(window: readonly Observation[]): boolean {
  const byProposal = new Map<string, string[]>()
  for (const item of window) {
    if (item.kind === 'ballot' && item.choice !== 'abstain')
      byProposal.set(item.proposalId, [...(byProposal.get(item.proposalId) ?? []), item.choice])
  }
  const near = [...byProposal.values()].filter((choices) => largestShare(choices) < 0.65)
  return near.length > 0.5 * byProposal.size
}

const PERIOD_MS = 10_000

function hasCrowdedPeriod(window: readonly Observation[]): boolean {
  const phases = window.flatMap((item) => (item.kind === 'ended' ? [(item.at % PERIOD_MS) / PERIOD_MS] : []))
  const bins = countsOf(phases.map((phase) => String(Math.floor(phase * 10))))
  const pairs = Array.from(
    { length: 10 },
    (_, bin) => (bins.get(String(bin)) ?? 0) + (bins.get(String((bin + 1) % 10)) ?? 0),
  )
  return Math.max(...pairs) > 0.5 * phases.length
}

function hasStrongPair(window: readonly Observation[]): boolean {
  const pairs = window.flatMap((item) =>
    item.kind === 'worked_together' ? [item.agentIds.toSorted().join()] : [],
  )
  const agents = new Set(pairs.flatMap((pair) => pair.split(','))).size
  return largestShare(pairs) > 3 / ((agents * (agents - 1)) / 2)
}
