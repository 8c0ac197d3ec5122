import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type CrdtState, crdtText, mergeCrdts } from '#domain/intelligence/memory/crdt/crdt.ts'
import { crdtFault } from '#domain/intelligence/memory/crdt/crdt-fault.ts'
import { doublesOnReplay, removeWins, wallClockAlone } from '../../helpers/memory/broken-merges.ts'
import { runReplicas } from '../../helpers/memory/replica-network.ts'
import { type Operation, Replica, type ReplicaParts } from '../../helpers/memory/replicas.ts'

const TEN_MINUTES_MS = 600_000
const LIMITS = { replicasMax: 100, earlyMax: 1_000 }

describe('replicated records', () => {
  it.each([
    { seed: 1, replicaCount: 3, operationCount: 10_000 },
    { seed: 2, replicaCount: 10, operationCount: 1_500 },
    { seed: 3, replicaCount: 10, operationCount: 1_500 },
  ])('converge to equal bytes under any delivery: $replicaCount replicas, seed $seed', (options) => {
    const { replicas, expectedCount, expectedElements } = runReplicas({
      ...options,
      clockErrorMs: TEN_MINUTES_MS,
    })
    expect(new Set(replicas.map((replica) => replica.text())).size).toBe(1)
    const { count, elements } = replicas[0]!.values()
    expect(count).toBe(expectedCount)
    expect(elements).toEqual(expectedElements)
  })

  it('leave nothing behind for what was removed once all is delivered', () => {
    const { replicas } = runReplicas({ seed: 4, replicaCount: 5, operationCount: 1_000 })
    const { set, counter } = replicas[0]!
    expect(set.context.map(([, , above]) => above.length)).toEqual([0, 0, 0, 0, 0])
    expect(counter.entries.map(([, , , , early]) => early.length)).toEqual([0, 0, 0, 0, 0])
  })

  it('let an addition win over a concurrent removal', () => {
    expect(addBesideRemoval()).toEqual([['x'], ['x'], ['x']])
  })

  it('let a write win that was made after another was seen, whatever the wall clocks say', () => {
    expect(writeAfterSeeing()).toEqual(['"second"', '"second"'])
  })
})

/** One replica removes the addition it has seen, while another adds the same element. What all then hold. */
function addBesideRemoval(parts?: ReplicaParts): readonly (readonly string[])[] {
  const [one, two, three] = ['one', 'two', 'three'].map((name) => new Replica(name, () => 1, parts))
  const first = one!.operate({ type: 'add', element: 'x' })
  two!.receive(first)
  const removal = two!.operate({ type: 'remove', element: 'x' })
  const second = three!.operate({ type: 'add', element: 'x' })
  for (const replica of [one!, two!, three!])
    for (const delta of [first, second, removal]) replica.receive(delta)
  return [one!, two!, three!].map((replica) => replica.values().elements)
}

/** A replica whose clock is ahead writes first; one that has seen it writes second. What both then hold. */
function writeAfterSeeing(parts?: ReplicaParts): readonly (string | undefined)[] {
  const ahead = new Replica('ahead', () => 1_800_000_000_000 + TEN_MINUTES_MS, parts)
  const behind = new Replica('behind', () => 1_800_000_000_000, parts)
  behind.receive(ahead.operate({ type: 'set', value: '"first"' }))
  ahead.receive(behind.operate({ type: 'set', value: '"second"' }))
  return [ahead.values().register, behind.values().register]
}

const operation: fc.Arbitrary<Operation> = fc.oneof(
  fc.record({ type: fc.constant('set' as const), value: fc.json() }),
  fc.record({ type: fc.constant('increment' as const), amount: fc.integer({ min: -99, max: 99 }) }),
  fc.record({
    type: fc.constantFrom('add' as const, 'remove' as const),
    element: fc.constantFrom('a', 'b', '__proto__'),
  }),
)

/** Three states that share a past: replicas that operate and now and then hear of each other. */
const threeStates = fc
  .array(fc.record({ at: fc.nat(2), operation, to: fc.nat(2), isHeard: fc.boolean() }), { maxLength: 40 })
  .map((steps) => {
    let now = 1_000
    const replicas = ['a', 'b', 'c'].map((name) => new Replica(name, () => (now += 1)))
    for (const { at, operation, to, isHeard } of steps) {
      const delta = replicas[at]!.operate(operation)
      if (isHeard) replicas[to]!.receive(delta)
    }
    return replicas
  })

function stateOf(replica: Replica, type: CrdtState['type']): CrdtState | undefined {
  return replica.states().find((state) => state.type === type)
}

describe.each(['lww', 'counter', 'or_set'] as const)('the merge of %s', (type) => {
  it('commutes, associates, is idempotent and sound', () => {
    fc.assert(
      fc.property(threeStates, (replicas) => {
        const [a, b, c] = replicas.map((replica) => stateOf(replica, type))
        if (a === undefined || b === undefined || c === undefined) return
        const text = (state: CrdtState): string => crdtText(state)
        expect(text(mergeCrdts(a, b))).toBe(text(mergeCrdts(b, a)))
        expect(text(mergeCrdts(mergeCrdts(a, b), c))).toBe(text(mergeCrdts(a, mergeCrdts(b, c))))
        expect(text(mergeCrdts(a, a))).toBe(text(a))
        expect(text(mergeCrdts(mergeCrdts(a, b), b))).toBe(text(mergeCrdts(a, b)))
        expect(crdtFault(mergeCrdts(a, mergeCrdts(b, c)), LIMITS)).toBeUndefined()
      }),
      { numRuns: 200 },
    )
  })
})

describe('the checks of convergence', () => {
  it('catch a counter that doubles on replay', () => {
    const { replicas, expectedCount } = runReplicas({
      seed: 1,
      replicaCount: 3,
      operationCount: 300,
      merge: doublesOnReplay,
    })
    expect(replicas.some((replica) => replica.values().count !== expectedCount)).toBe(true)
  })

  it('catch a removal that wins over a concurrent addition', () => {
    expect(addBesideRemoval({ merge: removeWins })).not.toEqual([['x'], ['x'], ['x']])
  })

  it('catch a register that compares wall clocks alone', () => {
    const tick = wallClockAlone
    expect(writeAfterSeeing({ tick })).not.toEqual(['"second"', '"second"'])
  })
})
