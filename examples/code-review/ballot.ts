import type { Ballot, OpenProposal } from '#sdk/index.ts'
import type { Finding } from './review/finding.ts'
import { isReviewKind } from './review/kinds.ts'
import { reviewFile } from './review/review.ts'
import type { SourceTree } from './review/tree.ts'

/** A reviewer's own opinion of a finding: it looks at the file itself, and believes nobody. */
export async function judgeFinding(tree: SourceTree, { payload }: OpenProposal): Promise<Ballot> {
  const { rule, kind, path, line } = payload as Finding
  if (!isReviewKind(kind)) return { choice: 'reject', reason: `there is no kind of review ${String(kind)}` }
  const { findings } = await reviewFile(tree, path, kind)
  const isThere = findings.some((found) => found.rule === rule && found.line === line)
  return isThere
    ? { choice: 'approve', reason: `seen at ${path}:${line}` }
    : { choice: 'reject', reason: `not to be found at ${path}:${line}` }
}
