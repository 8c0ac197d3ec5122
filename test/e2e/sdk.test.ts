import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type EventItem, openSseFeed, SwarmAgent, type SwarmAgentOptions, SwarmClient } from '#sdk/index.ts'
import { eventually } from '../helpers/eventually.ts'
import { freePort } from '../helpers/free-port.ts'
import { type OwnedProcess, spawnSource } from '../helpers/process.ts'

const KEYS = [
  { name: 'boss', tenant: 'acme', roles: ['admin'], key: 'boss-key-0123456789' },
  { name: 'reader', tenant: 'acme', roles: ['viewer'], key: 'reader-key-0123456789' },
]

/** Servers start from source, some of them twice, on a machine that may be busy. */
const RESTARTS_MS = 120_000

describe('the SDK against a real server', { timeout: RESTARTS_MS }, () => {
  let dataDir: string
  let port: number
  let url: string
  let server: OwnedProcess
  const agents: SwarmAgent[] = []

  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'amos-sdk-'))
    port = await freePort()
    url = `http://127.0.0.1:${port}`
  })
  afterEach(async () => {
    await Promise.all(agents.splice(0).map((agent) => agent.close()))
    await server.kill9()
    await rm(dataDir, { recursive: true, force: true })
  })

  async function startServer(env: Record<string, string> = {}): Promise<void> {
    server = spawnSource('src/main.ts', [], {
      env: { AMOS_PORT: String(port), AMOS_DATA_DIR: dataDir, ...env },
    })
    await server.waitForHttp(`${url}/health/ready`)
  }

  function newAgent(agentId: string, options: Partial<SwarmAgentOptions> = {}): SwarmAgent {
    const agent = new SwarmAgent({ url, agentId, capabilities: ['work'], ...options })
    agents.push(agent)
    return agent
  }

  it.each(['json', 'msgpack'] as const)('carries work to an agent and back, in %s frames', async (frames) => {
    await startServer()
    const agent = newAgent('ada', { frames }).handle('work', ({ payload }) => ({ got: payload }))
    await agent.start()
    const client = new SwarmClient({ url })
    const payload = { text: 'é', list: [1, 2.5, null, true], nested: { deep: [{}] } }
    const { taskId, durability } = await client.submit({ type: 'work', capabilities: ['work'], payload })
    expect(durability).toBe('synced')
    expect(await client.waitForTask(taskId, { timeoutMs: 20_000 })).toMatchObject({
      status: 'completed',
      result: { got: payload },
      attempts: [{ agentId: 'ada', outcome: 'completed' }],
    })
  })

  it.each([
    ['WebSocket', undefined],
    ['server-sent events', openSseFeed],
  ])('reads every event once and in order over a kill -9 of the server, by %s', async (_name, openFeed) => {
    await startServer()
    const client = new SwarmClient({
      url,
      retryForMs: 30_000,
      ...(openFeed === undefined ? {} : { openFeed }),
    })
    const events = client.events({ since: '0', types: ['amos.task.submitted'] })
    const seen: EventItem[] = []
    const reading = (async () => {
      for await (const item of events) seen.push(item)
    })()
    const submitted: string[] = []
    const submitSome = async () => {
      for (let n = 0; n < 10; n++) submitted.push((await client.submit({ type: 'work' })).taskId)
    }
    await submitSome()
    await eventually(() => seen.length === 10)
    await server.kill9()
    const more = submitSome()
    await startServer()
    await more
    await eventually(() => seen.length >= submitted.length)
    events.close()
    await reading
    expect(seen.map((item) => (item.type === 'event' ? item.event.subject : item))).toEqual(submitted)
  })

  it.each(['kill9', 'stop'] as const)(
    'keeps its task through a restart of the server (%s) under the token it was given',
    async (end) => {
      await startServer()
      let finish: (value: string) => void = () => undefined
      const tokens: number[] = []
      const agent = newAgent('ada').handle('work', async ({ fencingToken }) => {
        tokens.push(fencingToken)
        return new Promise((resolve) => (finish = resolve))
      })
      await agent.start()
      const client = new SwarmClient({ url, retryForMs: 30_000 })
      const { taskId } = await client.submit({ type: 'work', capabilities: ['work'] })
      await eventually(async () => (await client.getTask(taskId)).phase === 'running')
      await server[end]()
      finish('done while the server was away')
      await startServer()
      expect(await client.waitForTask(taskId, { timeoutMs: 60_000 })).toMatchObject({
        status: 'completed',
        attempt: 1,
        result: 'done while the server was away',
      })
      expect(tokens).toHaveLength(1)
    },
  )

  it('aborts the handler of a task that a client cancels', async () => {
    await startServer()
    const codes: unknown[] = []
    const agent = newAgent('ada').handle('work', async (_task, { signal }) => {
      await new Promise((resolve) => signal.addEventListener('abort', resolve))
      codes.push((signal.reason as { code: string }).code)
    })
    await agent.start()
    const client = new SwarmClient({ url })
    const { taskId } = await client.submit({ type: 'work', capabilities: ['work'] })
    await eventually(() => agent.heldCount === 1)
    await client.cancelTask(taskId, 'no use')
    await eventually(() => codes.length === 1)
    expect(codes).toEqual(['canceled'])
    await eventually(() => agent.heldCount === 0)
  })

  it('lets the newer of two processes of one agent have its place', async () => {
    await startServer()
    const older = newAgent('ada')
    await older.start()
    const newer = newAgent('ada')
    await newer.start()
    expect(await older.ended).toMatchObject({ reason: 'superseded' })
    const client = new SwarmClient({ url })
    expect((await client.getAgent('ada')).status).toBe('online')
  })

  it('drains: finishes what it holds, and leaves the rest to others', async () => {
    await startServer()
    let finish: (value: string) => void = () => undefined
    const agent = newAgent('ada').handle('work', () => new Promise((resolve) => (finish = resolve)))
    await agent.start()
    const client = new SwarmClient({ url })
    const first = await client.submit({ type: 'work', capabilities: ['work'] })
    await eventually(() => agent.heldCount === 1)
    const drained = agent.drain({ deregister: true })
    await eventually(async () => (await client.getAgent('ada')).isDraining)
    const second = await client.submit({ type: 'work', capabilities: ['work'] })
    finish('held to the end')
    await drained
    expect(await client.getTask(first.taskId)).toMatchObject({
      status: 'completed',
      result: 'held to the end',
    })
    expect(await client.getTask(second.taskId)).toMatchObject({ status: 'submitted', phase: 'queued' })
    await expect(client.getAgent('ada')).rejects.toMatchObject({ code: 'agent_not_found' })
  })

  it('works with keys: an agent needs one to register, and lives by its own token after that', async () => {
    await startServer({ AMOS_API_KEYS: JSON.stringify(KEYS) })
    await expect(newAgent('ada', { apiKey: 'reader-key-0123456789' }).start()).rejects.toMatchObject({
      code: 'forbidden',
    })
    const boss = new SwarmClient({ url, apiKey: 'boss-key-0123456789' })
    const { token } = await boss.registerAgent({ agentId: 'ada', capabilities: [{ name: 'work' }] })
    const agent = newAgent('ada', { token }).handle('work', async ({ taskId }, { client }) => {
      return (await client.getTask(taskId)).status
    })
    await agent.start()
    const { taskId } = await boss.submit({ type: 'work', capabilities: ['work'] })
    const reader = new SwarmClient({ url, apiKey: 'reader-key-0123456789' })
    const task = await reader.waitForTask(taskId, { timeoutMs: 20_000 })
    expect(['submitted', 'working']).toContain(task.result)
    await expect(reader.submit({ type: 'work' })).rejects.toMatchObject({ code: 'forbidden', status: 403 })
  })

  it('waits no longer for a task than it was told to', async () => {
    await startServer()
    const client = new SwarmClient({ url })
    const { taskId } = await client.submit({ type: 'work' })
    await expect(client.waitForTask(taskId, { timeoutMs: 100 })).rejects.toMatchObject({
      name: 'TimeoutError',
    })
  })
})
