import { FrameClient } from './frame-client.ts'

export interface OpenConnection {
  /** How it ended: the close code of a WebSocket, `end` of a stream, the status of a request. */
  readonly ended: Promise<number | 'end'>
  close(): void
}

export interface OpenedBy {
  readonly url: string
  readonly credential: string
  readonly swarmId: string
  readonly agentId: string
}

/** Every kind of connection that stays open; each resolves once the server has answered to it. */
export const CONNECTION_KINDS: Readonly<Record<string, (by: OpenedBy) => Promise<OpenConnection>>> = {
  channel: (by) => openChannel(by, { headers: bearer(by) }, {}),
  'channel, by its first frame': (by) => openChannel(by, {}, { token: by.credential }),
  stream: (by) => openStream(by, { headers: bearer(by) }, {}),
  'stream, by its first frame': (by) => openStream(by, {}, { token: by.credential }),
  'stream without a subscription': async (by) => {
    const socket = await FrameClient.open(by.url, `/v1/swarms/${by.swarmId}/stream`, { headers: bearer(by) })
    return webSocket(socket)
  },
  'server-sent events': openEventSource,
  'long poll': openLongPoll,
}

function bearer({ credential }: OpenedBy): Record<string, string> {
  return { authorization: `Bearer ${credential}` }
}

async function openChannel(
  { url, swarmId, agentId }: OpenedBy,
  options: { headers?: Record<string, string> },
  hello: object,
): Promise<OpenConnection> {
  const socket = await FrameClient.open(url, `/v1/swarms/${swarmId}/agents/${agentId}/channel`, options)
  socket.send({ type: 'hello', ...hello })
  await socket.next('welcome')
  return webSocket(socket)
}

async function openStream(
  { url, swarmId }: OpenedBy,
  options: { headers?: Record<string, string> },
  subscribe: object,
): Promise<OpenConnection> {
  const socket = await FrameClient.open(url, `/v1/swarms/${swarmId}/stream`, options)
  socket.send({ type: 'subscribe', requestId: 1, ...subscribe })
  await socket.next('ack')
  return webSocket(socket)
}

function webSocket(client: FrameClient): OpenConnection {
  return { ended: client.closed, close: () => client.socket.terminate() }
}

async function openEventSource(by: OpenedBy): Promise<OpenConnection> {
  const aborter = new AbortController()
  const response = await fetch(`${by.url}/v1/swarms/${by.swarmId}/events`, {
    headers: { ...bearer(by), accept: 'text/event-stream' },
    signal: aborter.signal,
  })
  if (!response.ok) throw new Error(`events answered ${response.status}`)
  const ended = response.text().then((): 'end' => 'end')
  ended.catch(() => undefined)
  return { ended, close: () => aborter.abort() }
}

async function openLongPoll(by: OpenedBy): Promise<OpenConnection> {
  const aborter = new AbortController()
  const agent = `${by.url}/v1/swarms/${by.swarmId}/agents/${by.agentId}`
  const ended = fetch(`${agent}/claims`, {
    method: 'POST',
    headers: { ...bearer(by), 'content-type': 'application/json' },
    body: JSON.stringify({ waitMs: 30_000 }),
    signal: aborter.signal,
  }).then(({ status }) => status)
  ended.catch(() => undefined)
  // A claim that waits shows itself in the agent's status.
  for (;;) {
    const response = await fetch(agent, { headers: bearer(by) })
    const { status } = (await response.json()) as { status: string }
    if (status === 'online') break
  }
  return { ended, close: () => aborter.abort() }
}
