import { describe, expect, it } from 'vitest'
import type { StreamItem } from '#domain/communication/event-reader.ts'
import { swarmEpoch } from '#domain/ids.ts'
import { streamFrames } from '#server/stream/event-frames.ts'
import { sampleEvent } from '../../helpers/sample-records.ts'

const event = (sequence: number): StreamItem => ({
  type: 'event',
  event: { ...sampleEvent(`t${sequence}`), sequence, epoch: swarmEpoch(1) },
})
const [five, six, seven] = [5, 6, 7].map(event) as [StreamItem, StreamItem, StreamItem]
const gap: StreamItem = { type: 'gap', fromSequence: 6, toSequence: 6, reason: 'lost' }
const framesOf = (items: readonly StreamItem[], isBinary = false) => streamFrames(items, '/a', isBinary)

describe('a page of the log', () => {
  it('is framed once for the readers that are given the same events', () => {
    expect(framesOf([five, six])).toBe(framesOf([five, six]))
  })

  it('is its frames one behind the other', () => {
    const { messages, wire } = framesOf([five, gap, seven])
    expect(messages.map(({ data }) => (JSON.parse(data.toString()) as { type: string }).type)).toEqual([
      'event',
      'gap',
      'event',
    ])
    expect(wire).toEqual(Buffer.concat(messages.map((message) => message.wire)))
  })

  it.each([
    ['other events', [five, seven], false],
    ['fewer events', [five], false],
    ['a gap in the place of one', [five, gap], false],
    ['another format', [five, six], true],
  ])('is made anew for %s', (_, items, isBinary) => {
    const before = framesOf([five, six])
    expect(framesOf(items, isBinary)).not.toBe(before)
  })
})
