import { getEventListeners } from 'node:events'
import { describe, expect, it } from 'vitest'
import { HttpConnection } from '#sdk/client/http-connection.ts'
import { openWebSocketFeed } from '#sdk/client/websocket-feed.ts'
import { freePort } from '../../helpers/free-port.ts'

describe('openWebSocketFeed', () => {
  it('leaves nothing on the signal of its subscription, which outlives it', async () => {
    const { signal } = new AbortController()
    const connection = new HttpConnection({ url: `http://127.0.0.1:${await freePort()}` })
    const feed = openWebSocketFeed({
      connection,
      swarmId: 'default',
      since: '0',
      types: [],
      subject: undefined,
      signal,
    })
    const first = feed[Symbol.asyncIterator]().next()
    expect(getEventListeners(signal, 'abort')).toHaveLength(1)
    await expect(first).rejects.toMatchObject({ code: 'connection_failed' })
    expect(getEventListeners(signal, 'abort')).toHaveLength(0)
  })
})
