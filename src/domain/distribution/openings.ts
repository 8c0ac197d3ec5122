import type { ResourceAmounts } from '../model/task-record.ts'
import type { Candidate } from '../resources/candidate.ts'
import type { Room } from '../resources/room.ts'
import type { ReportingTree, TreePosition } from '../topology/reporting-tree.ts'
import { BranchSums } from './branch-sums.ts'

/** The members of a tree that could start one kind of task now, found branch by branch. */
export class Openings {
  /** Agents that could when the round began. */
  readonly candidateCount: number
  readonly #wanted: ResourceAmounts
  readonly #room: Room
  /** By the index of their posts. */
  readonly #candidates: (Candidate | undefined)[]
  readonly #counts: BranchSums

  constructor(tree: ReportingTree, candidates: readonly Candidate[], wanted: ResourceAmounts, room: Room) {
    this.candidateCount = candidates.length
    this.#wanted = wanted
    this.#room = room
    this.#candidates = Array.from({ length: tree.posts.length })
    for (const candidate of candidates) {
      const post = tree.find(candidate.agentId)
      if (post !== undefined && room.fits(candidate, wanted)) this.#candidates[post.index] = candidate
    }
    this.#counts = new BranchSums(tree, (index) => (this.#candidates[index] === undefined ? 0 : 1))
  }

  /** Whether anybody in the branch could, its head included. */
  isIn(branch: TreePosition): boolean {
    return this.#counts.of(branch) > 0
  }

  at(post: TreePosition): Candidate | undefined {
    return this.#candidates[post.index]
  }

  /** To be called once the post was given a task of any kind: it may have no room left for this one. */
  refresh(post: TreePosition): void {
    const candidate = this.at(post)
    if (candidate !== undefined && !this.#room.fits(candidate, this.#wanted)) this.#close(post)
  }

  /** What `choose` answers where these agents are left out. */
  without<T>(posts: readonly TreePosition[], choose: () => T): T {
    const closed: { readonly post: TreePosition; readonly candidate: Candidate }[] = []
    for (const post of posts) {
      const candidate = this.at(post)
      // One that is named twice is closed, and opened again, once.
      if (candidate === undefined) continue
      closed.push({ post, candidate })
      this.#close(post)
    }
    const chosen = choose()
    for (const { post, candidate } of closed) {
      this.#candidates[post.index] = candidate
      this.#counts.add(post, 1)
    }
    return chosen
  }

  #close(post: TreePosition): void {
    this.#candidates[post.index] = undefined
    this.#counts.add(post, -1)
  }
}
