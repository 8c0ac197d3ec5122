import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { SwarmAgent, SwarmClient } from '#sdk/index.ts'
import { startTestNode, type TestNode } from '../helpers/test-node.ts'

const KEYS = [{ name: 'ann', tenant: 'acme', roles: ['admin'], key: 'key-of-ann-0123456789' }]

let node: TestNode
let client: SwarmClient
let ada: SwarmAgent
let bob: SwarmAgent

beforeAll(async () => {
  node = await startTestNode({ AMOS_API_KEYS: JSON.stringify(KEYS) })
  const options = { url: node.url, apiKey: KEYS[0]!.key }
  client = new SwarmClient(options)
  ada = new SwarmAgent({ ...options, agentId: 'ada' })
  bob = new SwarmAgent({ ...options, agentId: 'bob' })
  await Promise.all([ada.start(), bob.start()])
})
afterAll(async () => {
  await Promise.all([ada.close(), bob.close()])
  await node.close()
})

describe('the memory in the SDK', () => {
  it('writes, reads, lists, searches and deletes records', async () => {
    const put = await client.memory.put('notes', 'a/b', { text: 'the heron nests' }, { tags: ['birds'] })
    expect(put).toMatchObject({ version: 1, valueText: '{"text":"the heron nests"}' })
    await expect(client.memory.put('notes', 'a/b', 1, { ifVersion: 0 })).rejects.toMatchObject({
      code: 'version_conflict',
    })
    await client.memory.put('notes', 'a/b', { text: 'the heron left' }, { ifVersion: 1 })
    expect((await client.memory.history('notes', 'a/b')).map(({ version }) => version)).toEqual([2, 1])
    expect((await client.memory.list('notes', { prefix: 'a/' })).records).toHaveLength(1)
    const { hits } = await client.memory.search({ text: 'herons' })
    expect(hits[0]?.record.key).toBe('a/b')
    await client.memory.delete('notes', 'a/b')
    await expect(client.memory.get('notes', 'a/b')).rejects.toMatchObject({ code: 'memory_not_found' })
    expect(() => client.memory.get('notes', '..')).toThrow(RangeError)
  })

  it("writes as the agent itself, in the agent's own namespace", async () => {
    await ada.memory.put('@ada', 'plan', 'secret')
    expect((await ada.memory.get('@ada', 'plan')).agentId).toBe('ada')
    await expect(bob.memory.get('@ada', 'plan')).rejects.toMatchObject({ code: 'memory_forbidden' })
    await expect(bob.memory.replica('@ada').sync()).rejects.toMatchObject({ code: 'memory_forbidden' })
  })

  it('counts each increment once, from several clients at once', async () => {
    await Promise.all(
      [ada.memory, bob.memory, client.memory].flatMap((memory) =>
        [1, 2, 3].map((n) => memory.increment('counts', 'x', n)),
      ),
    )
    expect((await client.memory.get('counts', 'x')).value).toBe(18)
  })

  it('works offline and merges: replicas that changed the same records come to the same', async () => {
    const [one, two] = [ada.memory.replica('shared'), bob.memory.replica('shared')]
    one.increment('count', 2)
    two.increment('count', 3)
    one.add('tags', 'red')
    two.add('tags', 'blue')
    two.set('title', 'draft')
    await one.sync()
    await two.sync()
    one.remove('tags', 'red')
    two.add('tags', 'red')
    for (const replica of [one, two, one]) await replica.sync()
    for (const replica of [one, two])
      expect(['count', 'tags', 'title'].map((key) => replica.get(key))).toEqual([5, ['blue', 'red'], 'draft'])
    expect(JSON.stringify(one.export().states)).toBe(JSON.stringify(two.export().states))
    expect((await client.memory.get('shared', 'count')).value).toBe(5)
  })

  it('goes on from an exported state with what was not sent', async () => {
    const before = ada.memory.replica('offline')
    before.increment('count', 4)
    const after = ada.memory.replica('offline', { state: before.export() })
    after.increment('count', 1)
    await after.sync()
    expect((await client.memory.get('offline', 'count')).value).toBe(5)
  })

  it('hands the records that a task names to its agent', async () => {
    await client.memory.put('refs', 'a', 'heron')
    const worker = new SwarmAgent({
      url: node.url,
      apiKey: KEYS[0]!.key,
      agentId: 'worker',
      capabilities: ['read'],
    })
    worker.handle('read', async (task) =>
      (await worker.memory.getRefs(task.memoryRefs)).map(({ value }) => value),
    )
    await worker.start()
    const memoryRefs = [
      { namespace: 'refs', key: 'a' },
      { namespace: 'refs', key: 'missing' },
    ]
    const { taskId } = await client.submit({ type: 'read', capabilities: ['read'], memoryRefs })
    expect((await client.waitForTask(taskId)).result).toEqual(['heron'])
    expect((await client.getTask(taskId)).memoryRefs).toEqual(memoryRefs)
    await worker.close()
  })

  it('follows changes', async () => {
    const watch = client.memory.watch({ namespace: 'watched', key: 'x', since: '0' })
    await client.memory.put('watched', 'y', 1)
    await client.memory.put('watched', 'x', 1)
    const types: string[] = []
    for await (const item of watch) {
      if (item.type !== 'event') continue
      types.push(`${item.event.type} ${item.event.subject}`)
      break
    }
    expect(types).toEqual(['amos.memory.put watched/x'])
  })
})
