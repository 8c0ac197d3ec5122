import type { EventCursor, EventReader, StreamItem } from '#domain/communication/event-reader.ts'
import { isSwarmError } from '#domain/model/errors.ts'
import type { SwarmEvent } from '#domain/model/events.ts'
import { SCOPE } from './address.ts'
import type { SeededRandom } from './seeded-random.ts'
import type { SimNode } from './sim-node.ts'
import type { World } from './world.ts'

export interface SimSubscriberModules {
  readonly world: World
  readonly random: SeededRandom
  pickNode(): SimNode | undefined
}

type Gap = Extract<StreamItem, { type: 'gap' }>

const LOOK_MS = 300
const MOVE_RATIO = 0.1

/** Reads the event log from its beginning, moves from node to node with its cursor, and notes what it is told. */
export class SimSubscriber {
  readonly #name: string
  readonly #modules: SimSubscriberModules
  readonly #seen = new Set<string>()
  readonly #gaps: Gap[] = []
  #cursor: EventCursor = { sequence: 0 }
  /** Numbers the next event may bear: one, unless a tail was lost. */
  #nextFrom = 1
  #nextTo = 1
  #reader: EventReader | undefined
  #cancelLook: () => void = () => undefined
  #node: SimNode | undefined

  constructor(name: string, modules: SimSubscriberModules) {
    this.#name = name
    this.#modules = modules
  }

  start(): void {
    const { world, random } = this.#modules
    const isGone = this.#node?.isReady !== true
    if (isGone || random.next() < MOVE_RATIO) this.#move()
    this.#cancelLook = world.clock.setTimer(LOOK_MS, () => this.start())
  }

  /** To be called when the swarm came to rest. What happened just now is not asked for. */
  close(): void {
    const { world } = this.#modules
    this.#cancelLook()
    this.#reader?.close()
    const { events } = world.medium.scope(SCOPE)
    const kept = new Set(events.map(placeOf))
    for (const event of events) {
      const isMissing = !this.#seen.has(placeOf(event)) && world.auditor.isOld(event)
      if (isMissing && !this.#isCovered(event.sequence, 'trimmed'))
        world.auditor.fail(
          `${this.#name} was never told of event ${event.sequence} of epoch ${event.epoch}`,
          this.#name,
        )
    }
    const oldest = events[0]?.sequence ?? Number.POSITIVE_INFINITY
    for (const place of this.#seen) {
      const sequence = Number(place.split('/')[1])
      if (sequence >= oldest && !kept.has(place) && !this.#isCovered(sequence, 'lost'))
        world.auditor.fail(`${this.#name} was never told that event ${place} was lost`, this.#name)
    }
  }

  #move(): void {
    this.#reader?.close()
    this.#node = this.#modules.pickNode()
    this.#reader = this.#node?.swarm.events.reader(this.#cursor, {})
    if (this.#reader !== undefined) void this.#read(this.#reader)
  }

  async #read(reader: EventReader): Promise<void> {
    try {
      for (;;) {
        const items = await reader.next(1 + this.#modules.random.integer(20))
        if (items.length === 0 || reader !== this.#reader) return
        for (const item of items) this.#take(item)
      }
    } catch (error) {
      if (!isSwarmError(error)) this.#modules.world.auditor.report(error)
      if (reader === this.#reader) this.#node = undefined
    }
  }

  #take(item: StreamItem): void {
    if (item.type === 'gap') this.#takeGap(item)
    else this.#takeEvent(item.event)
  }

  #takeGap(gap: Gap): void {
    const { auditor, trace } = this.#modules.world
    const { fromSequence, toSequence, reason } = gap
    trace.note(this.#name, `is told of a gap ${fromSequence}–${toSequence}, ${reason}`)
    this.#gaps.push(gap)
    if (fromSequence > this.#nextTo)
      auditor.fail(`${this.#name} is told of a gap at ${fromSequence} after ${this.#nextTo - 1}`, this.#name)
    this.#nextFrom = reason === 'lost' ? fromSequence : toSequence + 1
    this.#nextTo = Math.max(this.#nextTo, toSequence + 1)
    this.#cursor = { ...this.#cursor, sequence: this.#nextFrom - 1 }
  }

  #takeEvent(event: SwarmEvent): void {
    const { auditor } = this.#modules.world
    const { epoch, sequence } = event
    if (sequence < this.#nextFrom || sequence > this.#nextTo)
      auditor.fail(
        `${this.#name} is given event ${sequence} in place of ${this.#nextFrom}–${this.#nextTo}`,
        this.#name,
      )
    if (this.#seen.has(placeOf(event)))
      auditor.fail(`${this.#name} is given event ${sequence} twice`, this.#name)
    if (auditor.contentOf(event) !== JSON.stringify(event))
      auditor.fail(`${this.#name} is given an event ${sequence} that was never committed`, this.#name)
    this.#seen.add(placeOf(event))
    this.#cursor = { epoch, sequence }
    this.#nextFrom = sequence + 1
    this.#nextTo = sequence + 1
  }

  #isCovered(sequence: number, reason: Gap['reason']): boolean {
    return this.#gaps.some(
      (gap) => gap.reason === reason && gap.fromSequence <= sequence && sequence <= gap.toSequence,
    )
  }
}

function placeOf({ epoch, sequence }: SwarmEvent): string {
  return `${epoch}/${sequence}`
}
