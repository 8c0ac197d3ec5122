import { describe, expect, it } from 'vitest'
import type { SwarmEvent } from '#contract/index.ts'
import { type EventItem, type FeedRequest, type OpenFeed, SwarmApiError, SwarmClient } from '#sdk/index.ts'

const lost = () => new SwarmApiError({ code: 'connection_failed', message: 'gone', retryable: true })

function event(sequence: number, epoch = 1): EventItem {
  const id = `${epoch}-${sequence}`
  return { type: 'event', event: { id, sequence, subject: 't1', type: 'amos.task.submitted' } as SwarmEvent }
}

/** Each connection sends its items in turn; an error among them breaks it. */
function feedOf(connections: readonly (EventItem | Error)[][]) {
  const asked: string[] = []
  const openFeed: OpenFeed = async function* ({ since }: FeedRequest) {
    const items = connections[asked.length] ?? []
    asked.push(since)
    for (const item of items) {
      if (item instanceof Error) throw item
      yield item
    }
  }
  return { asked, openFeed }
}

function sequences(items: readonly EventItem[]): number[] {
  return items.map((item) => (item.type === 'event' ? item.event.sequence : -item.toSequence))
}

async function take(events: AsyncIterable<EventItem>, count: number): Promise<EventItem[]> {
  const items: EventItem[] = []
  for await (const item of events) {
    items.push(item)
    if (items.length === count) break
  }
  return items
}

describe('EventSubscription', () => {
  const url = 'http://127.0.0.1:9'

  it('goes on after the last event it had when the connection breaks or ends', async () => {
    const { asked, openFeed } = feedOf([[event(1), event(2), lost()], [event(3)], [event(4)]])
    const interruptions: unknown[] = []
    const events = new SwarmClient({ url, openFeed }).events({
      since: '0',
      onInterruption: ({ code }) => interruptions.push(code),
    })
    expect(sequences(await take(events, 4))).toEqual([1, 2, 3, 4])
    expect(asked).toEqual(['0', '1-2', '1-3'])
    expect(interruptions).toEqual(['connection_failed'])
    expect(events.cursor).toBe('1-4')
  })

  it('hands a gap over and goes on behind it', async () => {
    const gap: EventItem = { type: 'gap', fromSequence: 1, toSequence: 9, reason: 'trimmed' }
    const { asked, openFeed } = feedOf([[gap, lost()], [event(10)]])
    const events = new SwarmClient({ url, openFeed }).events({ since: '0' })
    expect(sequences(await take(events, 2))).toEqual([-9, 10])
    expect(asked).toEqual(['0', '9'])
  })

  it('reads the numbers again that were lost and given to other events', async () => {
    const gap: EventItem = { type: 'gap', fromSequence: 5, toSequence: 9, reason: 'lost' }
    const { asked, openFeed } = feedOf([[gap, lost()], [event(5, 2)]])
    const events = new SwarmClient({ url, openFeed }).events({ since: '1-9' })
    await take(events, 2)
    expect(asked).toEqual(['1-9', '4'])
    expect(events.cursor).toBe('2-5')
  })

  it('starts at the end of the log, and remembers that end until the first event comes', async () => {
    const { asked, openFeed } = feedOf([[lost()], [event(43)]])
    const fetchEnd = async () => Response.json({ events: [], gaps: [], next: '1-42', lastSequence: 42 })
    const events = new SwarmClient({ url, openFeed, fetch: fetchEnd }).events()
    expect(sequences(await take(events, 1))).toEqual([43])
    expect(asked).toEqual(['42', '42'])
  })

  it('ends with the refusal when the server will not have it', async () => {
    const refusal = new SwarmApiError({ code: 'cursor_invalid', message: 'no such cursor', status: 400 })
    const { asked, openFeed } = feedOf([[refusal]])
    const events = new SwarmClient({ url, openFeed }).events({ since: '0' })
    await expect(take(events, 1)).rejects.toBe(refusal)
    expect(asked).toHaveLength(1)
  })

  it('ends quietly at its signal', async () => {
    const aborting = new AbortController()
    const endless: OpenFeed = async function* ({ signal }) {
      yield event(1)
      await new Promise((resolve) => signal.addEventListener('abort', resolve))
    }
    const events = new SwarmClient({ url, openFeed: endless }).events({ since: '0', signal: aborting.signal })
    const seen: EventItem[] = []
    for await (const item of events) {
      seen.push(item)
      aborting.abort()
    }
    expect(sequences(seen)).toEqual([1])
  })

  it('lets the error of its reader’s loop through', async () => {
    const { asked, openFeed } = feedOf([[event(1), event(2)]])
    const events = new SwarmClient({ url, openFeed }).events({ since: '0' })
    const reading = (async () => {
      for await (const { type } of events) throw new Error(`mine: ${type}`)
    })()
    await expect(reading).rejects.toThrow('mine: event')
    expect(asked).toHaveLength(1)
  })
})
