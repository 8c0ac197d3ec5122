import { unpack } from 'msgpackr'
import { describe, expect, it } from 'vitest'
import type { StreamItem } from '#domain/communication/event-reader.ts'
import { swarmEpoch } from '#domain/model/ids.ts'
import { JSON_FORMAT, MSGPACK_FORMAT } from '#server/sockets/frame-format.ts'
import { streamFrame } from '#server/stream/event-frames.ts'
import { sampleEvent } from '../../helpers/sample-records.ts'

const item: StreamItem = { type: 'event', event: { ...sampleEvent('t5'), sequence: 5, epoch: swarmEpoch(1) } }
const gap: StreamItem = { type: 'gap', fromSequence: 6, toSequence: 6, reason: 'lost' }
const frameOf = (of: StreamItem, format = JSON_FORMAT) => streamFrame(of, '/a', format)

describe('the frame of an event', () => {
  it('is made once in each format for all who are given the event', () => {
    expect(frameOf(item)).toBe(frameOf({ ...item }))
    expect(frameOf(item, MSGPACK_FORMAT)).toBe(frameOf(item, MSGPACK_FORMAT))
    expect(frameOf(item, MSGPACK_FORMAT)).not.toBe(frameOf(item))
  })

  it('says the same in both formats', () => {
    const text = JSON.parse(frameOf(item).data.toString()) as object
    expect(text).toMatchObject({ type: 'event', event: { sequence: 5, source: '/a' } })
    expect(unpack(frameOf(item, MSGPACK_FORMAT).data)).toEqual(text)
  })

  it('is the gap itself where events are missing', () => {
    expect(JSON.parse(frameOf(gap).data.toString())).toEqual(gap)
  })
})
