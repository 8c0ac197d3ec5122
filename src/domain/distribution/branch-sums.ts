import type { ReportingTree, TreePosition } from '../topology/reporting-tree.ts'

/** One number for each branch of a tree: the sum over the post at its head and all posts below. */
export class BranchSums {
  readonly #sums: Float64Array

  constructor({ posts }: ReportingTree, amountOf: (index: number) => number) {
    this.#sums = new Float64Array(posts.length)
    // From the last to the first: a branch is summed up before it is added to the one above. Plain loops, since this
    // is done anew for each round of a distributor that may see rounds of one task.
    for (let index = posts.length - 1; index >= 0; index -= 1) {
      const sum = (this.#sums[index] ?? 0) + amountOf(index)
      this.#sums[index] = sum
      const manager = posts[index]?.manager
      if (manager !== undefined) this.#sums[manager.index] = this.of(manager) + sum
    }
  }

  of({ index }: TreePosition): number {
    return this.#sums[index] ?? 0
  }

  /** Adds to the post, and so to every branch that it stands in. */
  add(post: TreePosition, amount: number): void {
    for (let at: TreePosition | undefined = post; at !== undefined; at = at.manager) {
      this.#sums[at.index] = this.of(at) + amount
    }
  }
}
