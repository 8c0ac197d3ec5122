import { UndirectedGraph } from 'graphology'
import type { AgentId, MonotonicMs } from '../model/ids.ts'

export interface MeshTiesOptions {
  /** A tie that is not used loses half its strength in this time. */
  readonly halfLifeMs: number
  /** Most ties kept; past it the weakest tenth is forgotten. */
  readonly tiesMax: number
}

export interface Tie {
  readonly from: AgentId
  readonly to: AgentId
  /** 1 just after a first use; each use adds 1, and time takes it away. */
  readonly strength: number
}

interface TieAttributes {
  strength: number
  usedAt: MonotonicMs
}

/** A tie that faded below this counts as forgotten. */
const STRENGTH_MIN = 1 / 1_024

/**
 * The edges of a mesh that were used, each with a strength that grows with use and fades with time. A mesh of 1 000
 * has 499 500 edges; this keeps the few that matter.
 */
export class MeshTies {
  readonly #options: MeshTiesOptions
  readonly #graph = new UndirectedGraph<Record<string, never>, TieAttributes>({ allowSelfLoops: false })

  constructor(options: MeshTiesOptions) {
    this.#options = options
  }

  get size(): number {
    return this.#graph.size
  }

  use(from: AgentId, to: AgentId, at: MonotonicMs): void {
    if (from === to) return
    this.#graph.updateEdge(nodeOf(from), nodeOf(to), ({ strength, usedAt }) => ({
      strength:
        strength === undefined || usedAt === undefined ? 1 : 1 + this.#faded({ strength, usedAt }, at),
      usedAt: at,
    }))
    if (this.#graph.size > this.#options.tiesMax) this.#forgetWeakest(at)
  }

  /** 0 where the two never talked, or so long ago that it is forgotten. */
  strength(from: AgentId, to: AgentId, at: MonotonicMs): number {
    if (!this.#graph.hasEdge(nodeOf(from), nodeOf(to))) return 0
    const strength = this.#faded(this.#graph.getEdgeAttributes(nodeOf(from), nodeOf(to)), at)
    return strength < STRENGTH_MIN ? 0 : strength
  }

  forget(agentId: AgentId): void {
    if (this.#graph.hasNode(nodeOf(agentId))) this.#graph.dropNode(nodeOf(agentId))
  }

  clear(): void {
    this.#graph.clear()
  }

  /** Strongest first. */
  list(at: MonotonicMs): readonly Tie[] {
    return this.#graph
      .mapEdges((_key, tie, from, to) => ({
        from: agentOf(from),
        to: agentOf(to),
        strength: this.#faded(tie, at),
      }))
      .filter((tie) => tie.strength >= STRENGTH_MIN)
      .toSorted((a, b) => b.strength - a.strength)
  }

  /** A tenth at a time, so that the sort is paid once in many uses. */
  #forgetWeakest(at: MonotonicMs): void {
    const weakestFirst = this.#graph
      .mapEdges((key, tie) => ({ key, strength: this.#faded(tie, at) }))
      .toSorted((a, b) => a.strength - b.strength)
    const excess = this.#graph.size - Math.floor(this.#options.tiesMax * 0.9)
    for (const { key } of weakestFirst.slice(0, excess)) this.#graph.dropEdge(key)
  }

  #faded({ strength, usedAt }: TieAttributes, at: MonotonicMs): number {
    return strength * 2 ** (-Math.max(0, at - usedAt) / this.#options.halfLifeMs)
  }
}

/** graphology looks neighbours up in a plain object, and an agent may be called `constructor`. */
function nodeOf(agentId: AgentId): string {
  return `@${agentId}`
}

function agentOf(node: string): AgentId {
  return node.slice(1) as AgentId
}
