import { compareFindings, type Finding, type ReviewKind } from './finding.ts'
import { kindsFor, REVIEW_KINDS } from './kinds.ts'
import type { SourceTree } from './tree.ts'

/** What one review of one file came to; plain data, small enough for a task's result. */
export interface Review {
  readonly path: string
  readonly kind: ReviewKind
  /** False when the file vanished or stopped being text after it was listed. */
  readonly wasRead: boolean
  /** Worst first, at most {@link FINDINGS_PER_REVIEW_MAX}. */
  readonly findings: readonly Finding[]
  /** How many more there were. */
  readonly omittedCount: number
}

/** Keeps a result well below 128 KiB, the largest a task may have. */
export const FINDINGS_PER_REVIEW_MAX = 50

export interface PlannedFile {
  readonly path: string
  readonly kinds: readonly ReviewKind[]
}

/** Which reviews a tree needs: one task for each kind of each file. */
export function planReviews(tree: SourceTree): readonly PlannedFile[] {
  return tree.paths.map((path) => ({ path, kinds: kindsFor(path) }))
}

/**
 * Runs one review. Reviews that look at the whole tree (dependencies, duplication) read it once per
 * {@link SourceTree}, so an agent keeps one open for all its tasks on the same root.
 */
export async function reviewFile(tree: SourceTree, path: string, kind: ReviewKind): Promise<Review> {
  const text = await tree.readText(path)
  if (text === undefined) return { path, kind, wasRead: false, findings: [], omittedCount: 0 }
  const all = [...(await REVIEW_KINDS[kind].analyse({ path, text, tree }))].toSorted(compareFindings)
  const findings = all.slice(0, FINDINGS_PER_REVIEW_MAX)
  return { path, kind, wasRead: true, findings, omittedCount: all.length - findings.length }
}
