import { beforeEach, describe, expect, it } from 'vitest'
import { BulkQueue } from '#server/sockets/bulk-queue.ts'
import { type FramedMessage, frameMessage } from '#server/sockets/framed-message.ts'

const text = (value: string): FramedMessage => frameMessage(Buffer.from(value), false)

describe('the bulk lane of a connection', () => {
  let written: string[]
  let buffered: number
  let flush: () => void
  let lane: BulkQueue

  beforeEach(() => {
    written = []
    buffered = 0
    lane = new BulkQueue(
      { socketBytesMax: 10, countMax: 3, bytesMax: 1_000 },
      {
        bufferedBytes: () => buffered,
        write: ({ data }) => {
          written.push(data.toString())
          buffered += 4
        },
        flushed: () => new Promise((resolve) => (flush = resolve)),
      },
    )
  })

  /** What was written has left. */
  async function pass(): Promise<void> {
    buffered = 0
    flush()
    await Promise.resolve()
    await Promise.resolve()
  }

  it('lets messages through at once while the peer reads', () => {
    for (const value of ['a', 'b', 'c']) lane.send(text(value))
    expect(written).toEqual(['a', 'b', 'c'])
    expect(lane.isFull).toBe(false)
  })

  it('holds them back in order once the socket is full, and says when it is full itself', async () => {
    buffered = 100
    for (const value of ['a', 'b', 'c']) lane.send(text(value))
    expect([written, lane.isFull]).toEqual([[], true])
    lane.sendLater(() => text('gap'))
    await pass()
    expect(written).toEqual(['a', 'b', 'c'])
    lane.send(text('d'))
    await pass()
    expect(written).toEqual(['a', 'b', 'c', 'gap', 'd'])
    expect([lane.waitingCount, lane.isFull]).toEqual([0, false])
  })

  it('makes what is sent later when its turn comes', async () => {
    let count = 1
    buffered = 100
    lane.sendLater(() => text(`${count} missed`))
    count = 7
    await pass()
    expect(written).toEqual(['7 missed'])
  })

  it('is full by bytes as well, and empty once cleared', () => {
    buffered = 100
    lane.send(text('x'.repeat(2_000)))
    expect(lane.isFull).toBe(true)
    lane.clear()
    expect([lane.isFull, lane.waitingCount]).toEqual([false, 0])
  })
})
