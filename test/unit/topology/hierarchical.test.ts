import { describe, expect, it } from 'vitest'
import type { AgentId } from '#domain/model/ids.ts'
import { HierarchicalTopology } from '#domain/topology/hierarchical-topology.ts'
import { agents } from './ids.ts'

const [a, b, c, d, e, f, g] = agents('a b c d e f g') as [
  AgentId,
  AgentId,
  AgentId,
  AgentId,
  AgentId,
  AgentId,
  AgentId,
]

/** a over b and c; b over d and e; c over f and g. */
function treeOfSeven(): HierarchicalTopology {
  const tree = new HierarchicalTopology(2)
  for (const agentId of [a, b, c, d, e, f, g]) tree.add(agentId)
  return tree
}

describe('paths', () => {
  it('go up to the nearest common manager and down again', () => {
    const tree = treeOfSeven()
    expect(tree.path(d, e)).toEqual([d, b, e])
    expect(tree.path(d, g)).toEqual([d, b, a, c, g])
    expect(tree.path(a, f)).toEqual([a, c, f])
    expect(tree.path(f, a)).toEqual([f, c, a])
    expect(tree.path(c, c)).toEqual([c])
  })
})

describe('repair', () => {
  it('gives the children of a manager that died to whoever stood last', () => {
    const tree = treeOfSeven()
    expect(tree.remove(b)).toEqual({
      unlinked: [
        { from: a, to: b },
        { from: b, to: d },
        { from: b, to: e },
        { from: c, to: g },
      ],
      linked: [
        { from: a, to: g },
        { from: g, to: d },
        { from: g, to: e },
      ],
      moved: [g],
    })
    expect(tree.levels()).toEqual([[a], [g, c], [d, e, f]])
  })

  it('unlinks a last child that takes the place of its own parent only once', () => {
    const tree = treeOfSeven()
    expect(tree.remove(c)).toEqual({
      unlinked: [
        { from: a, to: c },
        { from: c, to: f },
        { from: c, to: g },
      ],
      linked: [
        { from: a, to: g },
        { from: g, to: f },
      ],
      moved: [g],
    })
  })

  it('keeps a root when the root dies', () => {
    const tree = treeOfSeven()
    tree.remove(a)
    expect(tree.levels()).toEqual([[g], [b, c], [d, e, f]])
  })

  it('ends empty when the last member leaves', () => {
    const tree = new HierarchicalTopology(3)
    tree.add(a)
    expect(tree.remove(a)).toEqual({ linked: [], unlinked: [], moved: [] })
    expect([tree.size, tree.levels(), [...tree.links()]]).toEqual([0, [], []])
  })
})

describe('a new leader', () => {
  it('becomes the root by changing places with the old one', () => {
    const tree = treeOfSeven()
    expect(tree.lead(e).moved).toEqual([e, a])
    expect(tree.levels()).toEqual([[e], [b, c], [d, a, f, g]])
    expect(tree.reportingChain(a)).toEqual([b, e])
  })

  it('relinks its own children and the root once each where it was a child of the root', () => {
    const tree = treeOfSeven()
    const { linked, unlinked } = tree.lead(b)
    expect(unlinked).toHaveLength(4)
    expect(linked).toEqual([
      { from: b, to: a },
      { from: b, to: c },
      { from: a, to: d },
      { from: a, to: e },
    ])
  })

  it('changes nothing where it is the root already', () => {
    expect(treeOfSeven().lead(a)).toEqual({ linked: [], unlinked: [], moved: [] })
  })
})

it('escalates to the managers above, nearest first, up to the root', () => {
  const tree = treeOfSeven()
  expect(tree.reportingChain(d)).toEqual([b, a])
  expect(tree.reportingChain(a)).toEqual([])
})

it('passes a pipeline level by level from the first stage on', () => {
  expect(treeOfSeven().stageOrder(f)).toEqual([f, g, a, b, c, d, e])
})
