import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { Finding, ReviewKind } from '../../../examples/code-review/review/finding.ts'
import { planReviews, reviewFile } from '../../../examples/code-review/review/review.ts'
import { openTree } from '../../../examples/code-review/review/tree.ts'

export type Files = Readonly<Record<string, string | Uint8Array>>

/** A folder with these files, removed when the test ends. */
export function plant(files: Files): string {
  const root = mkdtempSync(join(tmpdir(), 'amos-review-'))
  onTestFinished(() => rmSync(root, { recursive: true, force: true }))
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), content)
  }
  return root
}

/** Everything that one kind of review finds in a tree of these files, file by file in path order. */
export async function review(kind: ReviewKind, files: Files): Promise<readonly Finding[]> {
  const tree = await openTree(plant(files))
  const found: Finding[] = []
  for (const { path, kinds } of planReviews(tree)) {
    if (kinds.includes(kind)) found.push(...(await reviewFile(tree, path, kind)).findings)
  }
  return found
}

/** `rule path:line`, the shape most expectations need. */
export function places(findings: readonly Finding[]): readonly string[] {
  return findings.map(({ rule, path, line }) => `${rule} ${path}:${line}`)
}

export function git(root: string, ...words: readonly string[]): void {
  execFileSync('git', ['-C', root, '-c', 'user.name=t', '-c', 'user.email=t@localhost', ...words], {
    stdio: 'ignore',
  })
}

/** `count` branches in one function: its cyclomatic complexity is `count + 1`. */
export function branchy(name: string, count: number): string {
  const branches = Array.from(
    { length: count },
    (_, index) => `  if (n === ${index}) return '${name}${index}'`,
  )
  return `function ${name}(n) {\n${branches.join('\n')}\n  return ''\n}\n`
}
