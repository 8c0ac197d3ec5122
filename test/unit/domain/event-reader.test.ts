import { describe, expect, it } from 'vitest'
import { type EventCursor, EventReader, type StreamItem } from '#domain/communication/event-reader.ts'
import { EventTail } from '#domain/communication/event-tail.ts'
import type { SwarmEvent } from '#domain/model/events.ts'
import { swarmEpoch } from '#domain/model/ids.ts'
import type { EventPage } from '#domain/ports/swarm-store.ts'
import { sampleEvent } from '../../helpers/sample-records.ts'

/** A log that can be trimmed, and that can lose its tail. */
class Log {
  #events: SwarmEvent[] = []
  #lastSequence = 0
  readCount = 0

  write(epoch: number, count: number): void {
    for (let written = 0; written < count; written += 1) {
      this.#lastSequence += 1
      this.#events.push({ ...sampleEvent('t1'), sequence: this.#lastSequence, epoch: swarmEpoch(epoch) })
    }
  }

  trimTo(sequence: number): void {
    this.#events = this.#events.filter((event) => event.sequence > sequence)
  }

  /** @param floor the number above which the log goes on. */
  loseAfter(sequence: number, floor = sequence): void {
    this.#events = this.#events.filter((event) => event.sequence <= sequence)
    this.#lastSequence = floor
  }

  read = (after: number, countMax: number): EventPage => {
    this.readCount += 1
    const events = this.#events.filter((event) => event.sequence > after).slice(0, countMax)
    const firstSequence = this.#events[0]?.sequence ?? this.#lastSequence + 1
    return { events, firstSequence, lastSequence: this.#lastSequence }
  }

  reader(since?: EventCursor, matches: (event: SwarmEvent) => boolean = () => true): EventReader {
    return new EventReader(
      { since, matches, onClose: () => undefined },
      { read: this.read, readStored: this.read, onLoss: () => undefined },
    )
  }

  /** One that reads first in the memory of a node. */
  readerThrough(tail: EventTail, since: EventCursor): EventReader {
    const read = (after: number, countMax: number): EventPage =>
      tail.read(after, countMax) ?? this.read(after, countMax)
    return new EventReader(
      { since, matches: () => true, onClose: () => undefined },
      { read, readStored: this.read, onLoss: () => tail.forget() },
    )
  }
}

/** All there is to read now, in short: `5@1` for event 5 of epoch 1, `lost 3-4` for a gap. */
async function readAll(reader: EventReader, countMax = 3): Promise<readonly string[]> {
  const seen: string[] = []
  for (;;) {
    const { found, isAtEnd } = await reader.scan(countMax)
    seen.push(...found.map(inShort))
    if (isAtEnd) return seen
  }
}

function inShort(item: StreamItem): string {
  if (item.type === 'event') return `${item.event.sequence}@${item.event.epoch}`
  return `${item.reason} ${item.fromSequence}-${item.toSequence}`
}

describe('EventReader', () => {
  it('reads on from where a cursor points, in order, without a gap', async () => {
    const log = new Log()
    log.write(1, 7)
    expect(await readAll(log.reader({ sequence: 3, epoch: 1 }))).toEqual(['4@1', '5@1', '6@1', '7@1'])
    expect(await readAll(log.reader({ sequence: 0 }))).toHaveLength(7)
  })

  it('begins at the end of the log without a cursor', async () => {
    const log = new Log()
    log.write(1, 7)
    const reader = log.reader()
    expect(await readAll(reader)).toEqual([])
    log.write(1, 1)
    expect(await readAll(reader)).toEqual(['8@1'])
  })

  it('tells of events that were trimmed before they were read', async () => {
    const log = new Log()
    log.write(1, 10)
    log.trimTo(6)
    expect(await readAll(log.reader({ sequence: 2, epoch: 1 }))).toEqual([
      'trimmed 3-6',
      '7@1',
      '8@1',
      '9@1',
      '10@1',
    ])
    log.trimTo(10)
    expect(await readAll(log.reader({ sequence: 2 }))).toEqual(['trimmed 3-10'])
  })

  it('says nothing of a change of coordinator that lost nothing', async () => {
    const log = new Log()
    log.write(1, 3)
    const live = log.reader({ sequence: 0 })
    await readAll(live)
    log.write(2, 2)
    expect(await readAll(live)).toEqual(['4@2', '5@2'])
    expect(await readAll(log.reader({ sequence: 3, epoch: 1 }))).toEqual(['4@2', '5@2'])
    expect(await readAll(log.reader({ sequence: 5, epoch: 2 }))).toEqual([])
  })

  it.each([
    ['numbers given again', 5, ['lost 6-8', '6@2', '7@2']],
    ['numbers left out', 8, ['lost 6-8', '9@2', '10@2']],
  ])('tells of a lost tail: %s', async (_, floor, expected) => {
    const log = new Log()
    log.write(1, 8)
    const live = log.reader({ sequence: 0 })
    const atEnd = log.reader()
    await readAll(live)
    await readAll(atEnd)
    log.loseAfter(5, floor)
    log.write(2, 2)
    expect(await readAll(live)).toEqual(expected)
    expect(await readAll(atEnd)).toEqual(expected)
    expect(await readAll(log.reader({ sequence: 8, epoch: 1 }))).toEqual(expected)
    expect(await readAll(log.reader({ sequence: 4, epoch: 1 }))).toEqual(
      floor === 5 ? ['5@1', '6@2', '7@2'] : ['5@1', 'lost 6-8', '9@2', '10@2'],
    )
  })

  it('tells of a lost tail before anything new is written, and again when more is lost', async () => {
    const log = new Log()
    log.write(1, 8)
    const live = log.reader({ sequence: 0 })
    await readAll(live)
    log.loseAfter(5)
    expect(await readAll(live)).toEqual(['lost 6-8'])
    log.write(2, 4)
    expect(await readAll(live)).toEqual(['6@2', '7@2', '8@2', '9@2'])
    log.loseAfter(7)
    log.write(3, 1)
    expect(await readAll(live)).toEqual(['lost 8-9', '8@3'])
  })

  it('notices a log that grew again past the reader while it was away', async () => {
    const log = new Log()
    log.write(1, 8)
    const live = log.reader({ sequence: 0 })
    await readAll(live)
    log.loseAfter(2)
    log.write(2, 10)
    expect(await readAll(live)).toEqual([
      'lost 3-8',
      ...Array.from({ length: 10 }, (_, index) => `${index + 3}@2`),
    ])
  })

  it('looks for the last event in common as far back as it has to', async () => {
    const log = new Log()
    log.write(1, 3_000)
    log.loseAfter(10)
    log.write(2, 3_000)
    const [gap, first] = await readAll(log.reader({ sequence: 2_500, epoch: 1 }))
    expect([gap, first]).toEqual(['lost 11-2500', '11@2'])
  })

  it('cannot tell where what would tell is trimmed, and goes on', async () => {
    const log = new Log()
    log.write(1, 8)
    log.write(2, 4)
    log.trimTo(9)
    expect(await readAll(log.reader({ sequence: 8, epoch: 1 }))).toEqual([
      'trimmed 9-9',
      '10@2',
      '11@2',
      '12@2',
    ])
  })

  it('answers a cursor from the future with what there is', async () => {
    const log = new Log()
    log.write(1, 4)
    const reader = log.reader({ sequence: 9 })
    expect(await readAll(reader)).toEqual(['lost 5-9'])
    log.write(1, 1)
    expect(await readAll(reader)).toEqual(['5@1'])
  })

  it.each([
    ['without an epoch', {}],
    ['of this epoch', { epoch: 3 }],
    ['of an epoch before all', { epoch: 0 }],
    ['of an epoch to come', { epoch: 999_999_999_999_999 }],
  ])('reads no more for a cursor of 10^15 than for one at the end, %s', async (_, epoch) => {
    const log = new Log()
    log.write(3, 3_000)
    log.trimTo(1_000)
    for (const sequence of [3_001, 1e15 - 1, Number.MAX_SAFE_INTEGER]) {
      log.readCount = 0
      const { found } = await log.reader({ sequence, ...epoch }).scan(10)
      expect(found.map(inShort)).toEqual([`lost 3001-${sequence}`])
      expect(log.readCount).toBeLessThanOrEqual(20)
    }
  })

  it('finds the last event in common of a long log in few reads, wherever it is', async () => {
    for (const shared of [1, 2, 777, 19_998, 19_999]) {
      const log = new Log()
      log.write(1, shared)
      log.write(2, 20_000 - shared)
      const { found } = await log.reader({ sequence: 20_000, epoch: 1 }).scan(1, 2)
      expect(found.map(inShort)).toEqual([`lost ${shared + 1}-20000`, `${shared + 1}@2`])
      expect(log.readCount).toBeLessThanOrEqual(22)
    }
  })

  it('tells of the loss of all that the reader saw', async () => {
    const log = new Log()
    log.write(1, 3)
    log.loseAfter(0)
    log.write(2, 5)
    expect(await readAll(log.reader({ sequence: 3, epoch: 1 }))).toEqual([
      'lost 1-3',
      '1@2',
      '2@2',
      '3@2',
      '4@2',
      '5@2',
    ])
  })

  it('skips what its filter does not match without calling it a gap', async () => {
    const log = new Log()
    log.write(1, 6)
    const even = log.reader({ sequence: 0 }, ({ sequence }) => sequence % 2 === 0)
    expect(await readAll(even)).toEqual(['2@1', '4@1', '6@1'])
    expect(even.position).toBe(6)
  })

  it('waits for what is not there yet, and ends when it is closed', async () => {
    const log = new Log()
    const reader = log.reader({ sequence: 0 })
    const first = reader.next(10)
    log.write(1, 1)
    reader.wake()
    expect((await first).map(inShort)).toEqual(['1@1'])
    const last = reader.next(10)
    reader.close()
    expect(await last).toEqual([])
    expect(await reader.next(10)).toEqual([])
  })
})

describe('an EventReader on a node that has not heard of the loss', () => {
  it('is not given again from memory what it was told is lost', async () => {
    const log = new Log()
    const tail = new EventTail(10)
    log.write(1, 5)
    tail.append(log.read(0, 10).events)
    log.loseAfter(3)
    const reader = log.readerThrough(tail, { sequence: 4, epoch: 1 })
    expect(await readAll(reader)).toEqual(['lost 4-4'])
    log.write(2, 2)
    expect(await readAll(reader)).toEqual(['4@2', '5@2'])
  })
})

describe('EventTail', () => {
  const event = (sequence: number, epoch = 1): SwarmEvent => ({
    ...sampleEvent('t1'),
    sequence,
    epoch: swarmEpoch(epoch),
  })
  const sequences = (page: EventPage | undefined) => page?.events.map(({ sequence }) => sequence)

  it('holds the newest events and says where it does not reach', () => {
    const tail = new EventTail(3)
    tail.append([1, 2, 3, 4, 5, 6, 7].map((sequence) => event(sequence)))
    expect(sequences(tail.read(4, 10))).toEqual([5, 6, 7])
    expect(sequences(tail.read(5, 1))).toEqual([6])
    expect(sequences(tail.read(7, 10))).toEqual([])
    expect(tail.read(3, 10)).toBeUndefined()
    expect(tail.read(8, 10)).toBeUndefined()
  })

  it('holds only what is contiguous', () => {
    const tail = new EventTail(10)
    tail.append([event(1), event(2), event(5), event(6)])
    expect(tail.read(1, 10)).toBeUndefined()
    expect(sequences(tail.read(4, 10))).toEqual([5, 6])
  })

  it('lets go of what it holds when another node wrote, or may have written over it', () => {
    const tail = new EventTail(10)
    tail.append([event(1), event(2), event(3)])
    tail.announce(5)
    expect([tail.read(3, 10), tail.lastSequence]).toEqual([undefined, 5])
    tail.append([event(6)])
    tail.announce(4)
    expect([tail.read(5, 10), tail.lastSequence]).toEqual([undefined, 6])
  })
})
