import { incrementDelta, nextIncrement } from '#domain/intelligence/memory/crdt/counter.ts'
import { type CrdtState, crdtText, crdtValueText, mergeCrdts } from '#domain/intelligence/memory/crdt/crdt.ts'
import {
  HYBRID_CLOCK_START,
  type HybridClockState,
  tickClock,
  witnessStamp,
} from '#domain/intelligence/memory/crdt/hybrid-clock.ts'
import { addDelta, removeDelta } from '#domain/intelligence/memory/crdt/or-set.ts'
import { assertNever } from '#domain/model/errors.ts'

type LwwCrdt = Extract<CrdtState, { type: 'lww' }>
type CounterCrdt = Extract<CrdtState, { type: 'counter' }>
type SetCrdt = Extract<CrdtState, { type: 'or_set' }>
export type Operation =
  | { readonly type: 'set'; readonly value: string }
  | { readonly type: 'increment'; readonly amount: number }
  | { readonly type: 'add' | 'remove'; readonly element: string }

/** What the checks replace by something broken, to see that they notice. */
export interface ReplicaParts {
  readonly merge?: typeof mergeCrdts
  readonly tick?: typeof tickClock
}

/** One replica of three records, as a node or an offline agent keeps it. Each operation makes a delta to deliver. */
export class Replica {
  readonly name: string
  readonly #merge: typeof mergeCrdts
  readonly #tick: typeof tickClock
  readonly #now: () => number
  #clock: HybridClockState = HYBRID_CLOCK_START
  #register: LwwCrdt | undefined
  #counter: CounterCrdt = { type: 'counter', entries: [] }
  #set: SetCrdt = { type: 'or_set', elements: [], context: [] }

  constructor(name: string, now: () => number, { merge = mergeCrdts, tick = tickClock }: ReplicaParts = {}) {
    this.name = name
    this.#now = now
    this.#merge = merge
    this.#tick = tick
  }

  operate(operation: Operation): CrdtState {
    const delta = this.#deltaOf(operation)
    this.receive(delta)
    return delta
  }

  receive(delta: CrdtState): void {
    if (delta.type === 'lww') this.#clock = witnessStamp(this.#clock, delta.stamp)
    if (delta.type === 'lww') this.#register = this.#merge(this.#register, delta) as LwwCrdt
    else if (delta.type === 'counter') this.#counter = this.#merge(this.#counter, delta) as CounterCrdt
    else this.#set = this.#merge(this.#set, delta) as SetCrdt
  }

  /** The whole state, as a joining replica gets it. */
  states(): readonly CrdtState[] {
    return [this.#register, this.#counter, this.#set].filter((state) => state !== undefined)
  }

  get counter(): CounterCrdt {
    return this.#counter
  }

  get set(): SetCrdt {
    return this.#set
  }

  text(): string {
    return this.states().map(crdtText).join('\n')
  }

  values(): { readonly register: string | undefined; readonly count: number; readonly elements: string[] } {
    return {
      register: this.#register && crdtValueText(this.#register),
      count: JSON.parse(crdtValueText(this.#counter)) as number,
      elements: JSON.parse(crdtValueText(this.#set)) as string[],
    }
  }

  #deltaOf(operation: Operation): CrdtState {
    switch (operation.type) {
      case 'set': {
        const [clock, stamp] = this.#tick(this.#clock, this.#now(), this.name)
        this.#clock = clock
        return { type: 'lww', value: operation.value, stamp }
      }
      case 'increment': {
        const n = nextIncrement(this.#counter, this.name)
        return { type: 'counter', ...incrementDelta({ replica: this.name, n, amount: operation.amount }) }
      }
      case 'add':
        return { type: 'or_set', ...addDelta(this.#set, operation.element, this.name) }
      case 'remove':
        return { type: 'or_set', ...removeDelta(this.#set, operation.element) }
      default:
        return assertNever(operation)
    }
  }
}
