import { type Finding, finding, type Severity } from '../finding.ts'
import { isSamplePath, isTestPath } from '../path-class.ts'
import type { ReviewInput } from '../review-input.ts'
import { type Clone, findClones, linesOf } from './clones.ts'
import { type IndexedFile, tokenIndexOf } from './token-index.ts'

const LONG_TOKENS_MIN = 250

/** Blocks that repeat, token by token, code of an earlier file or of higher up in the same one. */
export async function reviewDuplication({ path, tree }: ReviewInput): Promise<readonly Finding[]> {
  const index = await tokenIndexOf(tree)
  const file = index.files.get(path)
  return file ? findClones(file, index).map((clone) => describe(file, clone)) : []
}

function describe(file: IndexedFile, { at, length, other }: Clone): Finding {
  const [line, lastLine] = linesOf(file, at, length)
  const [otherLine, otherLastLine] = linesOf(other.file, other.at, length)
  const where =
    other.file === file
      ? `lines ${otherLine}–${otherLastLine}`
      : `${other.file.path}:${otherLine}–${otherLastLine}`
  return finding({
    rule: 'duplicated_block',
    severity: severityOf(file, length),
    path: file.path,
    line,
    message: `lines ${line}–${lastLine} repeat ${where} (${length} equal tokens)`,
  })
}

function severityOf({ path }: IndexedFile, length: number): Severity {
  if (isTestPath(path) || isSamplePath(path)) return 'info'
  return length >= LONG_TOKENS_MIN ? 'medium' : 'low'
}
