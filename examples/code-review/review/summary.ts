import {
  compareText,
  type Finding,
  type ReviewKind,
  RULES,
  type Rule,
  SEVERITIES,
  type Severity,
} from './finding.ts'
import { type RankedFinding, rankFindings } from './rank.ts'
import type { Review } from './review.ts'

export type SeverityCounts = Readonly<Record<Severity, number>>

/** All reviews of one file in one. */
export interface FileVerdict {
  readonly path: string
  /** `attention`: something high or medium; `notes`: only less than that. */
  readonly verdict: 'clean' | 'notes' | 'attention'
  readonly counts: SeverityCounts
  readonly reviewedFor: readonly ReviewKind[]
  /** Worst first, at most {@link FINDINGS_PER_FILE_MAX}. */
  readonly findings: readonly Finding[]
  readonly omittedCount: number
}

/** Keeps a verdict well below 128 KiB, the largest a task's result may have. */
export const FINDINGS_PER_FILE_MAX = 60

/** The follow-up of a file's reviews; their order does not matter. */
export function summariseFile(path: string, reviews: readonly Review[]): FileVerdict {
  const ranked = rankFindings(reviews.flatMap(({ findings }) => findings))
  const counts = countSeverities(ranked)
  const findings = ranked.slice(0, FINDINGS_PER_FILE_MAX).map(withoutRank)
  const omittedBefore = reviews.reduce((sum, { omittedCount }) => sum + omittedCount, 0)
  return {
    path,
    verdict: ranked.length === 0 ? 'clean' : counts.high + counts.medium > 0 ? 'attention' : 'notes',
    counts,
    reviewedFor: [...new Set(reviews.map(({ kind }) => kind))].toSorted(compareText),
    findings,
    omittedCount: omittedBefore + ranked.length - findings.length,
  }
}

export interface RuleCount {
  readonly rule: Rule
  readonly title: string
  readonly findingCount: number
  readonly fileCount: number
}

export interface ReviewReport {
  readonly filesReviewed: number
  readonly filesClean: number
  readonly counts: SeverityCounts
  /** Only rules that were broken, most findings first. */
  readonly rules: readonly RuleCount[]
  /** Paths of the files with the worst findings, worst first, at most 10. */
  readonly worstFiles: readonly string[]
  readonly findings: readonly RankedFinding[]
  /** Findings that were counted but not kept, over all files. */
  readonly omittedCount: number
}

const WORST_FILES_MAX = 10

/** The final report of a tree from the verdicts on its files; their order does not matter. */
export function buildReport(verdicts: readonly FileVerdict[]): ReviewReport {
  const findings = rankFindings(verdicts.flatMap((verdict) => verdict.findings))
  return {
    filesReviewed: verdicts.length,
    filesClean: verdicts.filter(({ verdict }) => verdict === 'clean').length,
    counts: countSeverities(findings),
    rules: countRules(findings),
    worstFiles: worstFiles(verdicts),
    findings,
    omittedCount: verdicts.reduce((sum, { omittedCount }) => sum + omittedCount, 0),
  }
}

function countSeverities(findings: readonly Finding[]): SeverityCounts {
  const counts = { high: 0, medium: 0, low: 0, info: 0 }
  for (const { severity } of findings) counts[severity]++
  return counts
}

function countRules(findings: readonly RankedFinding[]): readonly RuleCount[] {
  const counts = new Map<Rule, RuleCount>()
  for (const { rule, spread } of findings) {
    const findingCount = (counts.get(rule)?.findingCount ?? 0) + 1
    counts.set(rule, { rule, title: RULES[rule].title, findingCount, fileCount: spread })
  }
  return [...counts.values()].toSorted(
    (a, b) => b.findingCount - a.findingCount || compareText(a.rule, b.rule),
  )
}

function worstFiles(verdicts: readonly FileVerdict[]): readonly string[] {
  return verdicts
    .filter(({ verdict }) => verdict === 'attention')
    .toSorted((a, b) => compareCounts(b.counts, a.counts) || compareText(a.path, b.path))
    .slice(0, WORST_FILES_MAX)
    .map(({ path }) => path)
}

function compareCounts(a: SeverityCounts, b: SeverityCounts): number {
  for (const severity of SEVERITIES) if (a[severity] !== b[severity]) return a[severity] - b[severity]
  return 0
}

function withoutRank({ rank: _rank, spread: _spread, ...found }: RankedFinding): Finding {
  return found
}
