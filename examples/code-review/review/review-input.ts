import type { SourceTree } from './tree.ts'

/** What an analysis is given: one file, and a read-only look at the tree around it. */
export interface ReviewInput {
  readonly path: string
  readonly text: string
  readonly tree: SourceTree
}
