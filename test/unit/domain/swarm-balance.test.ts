import { describe, expect, it } from 'vitest'
import { nodeToRelieve } from '#domain/cluster/swarm-balance.ts'
import { nodeId } from '#domain/model/ids.ts'

const [ada, bob, cat] = [nodeId('ada'), nodeId('bob'), nodeId('cat')]
const present = new Set([ada, bob, cat])
const held = (adas: number, bobs: number) => [
  ...Array.from({ length: adas }, () => ada),
  ...Array.from({ length: bobs }, () => bob),
]

describe('nodeToRelieve', () => {
  it('names the node with the most swarms, to one that has at least two fewer', () => {
    expect(nodeToRelieve(cat, present, held(21, 40))).toBe(bob)
    expect(nodeToRelieve(ada, present, held(21, 23))).toBe(bob)
  })

  it('names none where a move would not make the nodes more equal', () => {
    expect(nodeToRelieve(ada, present, held(21, 22))).toBeUndefined()
    expect(nodeToRelieve(bob, present, held(21, 22))).toBeUndefined()
    expect(nodeToRelieve(ada, present, [])).toBeUndefined()
  })

  it('counts neither swarms of a node that is gone nor those that nobody coordinates', () => {
    expect(nodeToRelieve(ada, new Set([ada]), held(0, 40))).toBeUndefined()
    expect(nodeToRelieve(ada, present, [undefined, undefined])).toBeUndefined()
  })
})
