import type { CrdtState } from '#domain/intelligence/memory/crdt/crdt.ts'
import { SeededRandom } from '#simulation/seeded-random.ts'
import { type Operation, Replica, type ReplicaParts } from './replicas.ts'

export interface NetworkOptions extends ReplicaParts {
  readonly seed: number
  readonly replicaCount: number
  readonly operationCount: number
  /** How far the clock of the first replica is off, in milliseconds. */
  readonly clockErrorMs?: number
}

export interface NetworkReport {
  readonly replicas: readonly Replica[]
  /** What the operations add up to, by a plain account beside the replicas. */
  readonly expectedCount: number
  readonly expectedElements: readonly string[]
}

interface Addition {
  readonly element: string
  isCovered: boolean
}

const ELEMENTS = Array.from({ length: 20 }, (_, index) => `element-${index}`)
const DUPLICATE_SHARE = 0.2
const WHOLE_STATE_SHARE = 0.02

/**
 * Replicas that operate at random and send each other deltas: late, twice, in any order, and now and then their whole
 * state. At the end every delta has been delivered at least once.
 */
export function runReplicas(options: NetworkOptions): NetworkReport {
  const { seed, replicaCount, operationCount, clockErrorMs = 0 } = options
  const random = new SeededRandom(seed)
  let now = 1_800_000_000_000
  const replicas = Array.from(
    { length: replicaCount },
    (_, index) => new Replica(`replica-${index}`, () => now + (index === 0 ? clockErrorMs : 0), options),
  )
  const waiting: { readonly to: number; readonly delta: CrdtState; readonly seen: readonly Addition[] }[] = []
  const seenBy = replicas.map(() => new Set<Addition>())
  let expectedCount = 0
  const additions: Addition[] = []

  const deliver = ({ to, delta, seen }: (typeof waiting)[number]): void => {
    replicas[to]!.receive(delta)
    for (const addition of seen) seenBy[to]!.add(addition)
  }
  const deliverSome = (): void => {
    const place = random.integer(waiting.length)
    const message = waiting[place]!
    deliver(message)
    if (random.next() < DUPLICATE_SHARE) return
    waiting[place] = waiting.at(-1)!
    waiting.pop()
  }

  for (let count = 0; count < operationCount; count += 1) {
    now += random.integer(3)
    const at = random.integer(replicaCount)
    const operation = randomOperation(random)
    const seen = account(operation, seenBy[at]!, additions)
    if (operation.type === 'increment') expectedCount += operation.amount
    const delta = replicas[at]!.operate(operation)
    for (let to = 0; to < replicaCount; to += 1) if (to !== at) waiting.push({ to, delta, seen })
    if (random.next() < WHOLE_STATE_SHARE) {
      const to = random.integer(replicaCount)
      for (const delta of replicas[at]!.states()) {
        waiting.push({ to, delta, seen: delta.type === 'or_set' ? [...seenBy[at]!] : [] })
      }
    }
    while (waiting.length > 0 && random.next() < 0.9) deliverSome()
  }
  for (const message of waiting) deliver(message)
  const present = additions.filter(({ isCovered }) => !isCovered).map(({ element }) => element)
  return { replicas, expectedCount, expectedElements: [...new Set(present)].toSorted() }
}

/** An addition stands until a removal, or a newer addition of the element, was made where it had been seen. */
function account(operation: Operation, seen: Set<Addition>, additions: Addition[]): readonly Addition[] {
  if (operation.type !== 'add' && operation.type !== 'remove') return []
  for (const addition of seen) if (addition.element === operation.element) addition.isCovered = true
  if (operation.type === 'remove') return []
  const addition: Addition = { element: operation.element, isCovered: false }
  additions.push(addition)
  seen.add(addition)
  return [addition]
}

function randomOperation(random: SeededRandom): Operation {
  const draw = random.next()
  if (draw < 0.3) return { type: 'set', value: JSON.stringify(random.integer(1_000_000)) }
  if (draw < 0.6) return { type: 'increment', amount: random.integer(21) - 10 }
  return { type: draw < 0.85 ? 'add' : 'remove', element: random.pick(ELEMENTS) }
}
