import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { AGENT_OPERATIONS } from '#contract/operations/agent-operations.ts'
import { SWARM_OPERATIONS } from '#contract/operations/swarm-operations.ts'
import { ContractClient } from '../../helpers/contract-client.ts'
import { CONNECTION_KINDS, type OpenConnection } from '../../helpers/open-connections.ts'
import { type RedisServer, startRedis } from '../../helpers/redis-server.ts'
import { startTestNode, type TestNode } from '../../helpers/test-node.ts'

const { registerAgent, deregisterAgent } = AGENT_OPERATIONS
const { createSwarm, deleteSwarm } = SWARM_OPERATIONS

interface KeyEntry {
  readonly name: string
  readonly tenant: string
  readonly roles: readonly string[]
  readonly key: string
}

const keyOf = (name: string): string => `key-of-${name}-0123456789`
const entry = (name: string, changes: Partial<KeyEntry> = {}): KeyEntry => ({
  name,
  tenant: 'acme',
  roles: ['operator'],
  key: keyOf(name),
  ...changes,
})
const ADMIN = entry('ada', { roles: ['admin'] })
const KINDS = Object.entries(CONNECTION_KINDS).map(([kind, open], index) => ({ kind, open, index }))
const UNAUTHORIZED_ENDS: readonly unknown[] = [4003, 401, 'end']
const REMOVED_ENDS: readonly unknown[] = [4005, 401, 404, 'end']
/** A claim may be answered with what it has, nothing, when the swarm it waits in ends. */
const DELETED_ENDS: readonly unknown[] = [4003, 4004, 1012, 200, 401, 404, 503, 'end']

/** A folder with the key file of the nodes under test. */
class KeyFile {
  readonly path: string
  readonly #folder: string

  private constructor(folder: string) {
    this.#folder = folder
    this.path = join(folder, 'keys.json')
  }

  static async create(...entries: readonly KeyEntry[]): Promise<KeyFile> {
    const file = new KeyFile(await mkdtemp(join(tmpdir(), 'amos-keys-')))
    await file.write(...entries)
    return file
  }

  write(...entries: readonly KeyEntry[]): Promise<void> {
    return writeFile(this.path, JSON.stringify(entries))
  }

  remove(): Promise<void> {
    return rm(this.#folder, { recursive: true })
  }
}

async function isOpen({ ended }: OpenConnection): Promise<boolean> {
  const turn = new Promise<'open'>((resolve) => setImmediate(() => resolve('open')))
  return (await Promise.race([ended, turn])) === 'open'
}

describe('what loses its authority loses its open connections', () => {
  let file: KeyFile
  let node: TestNode
  let admin: ContractClient

  beforeAll(async () => {
    file = await KeyFile.create(ADMIN)
    node = await startTestNode({ AMOS_API_KEYS: file.path })
    admin = new ContractClient(node.url, ADMIN.key)
  })
  afterAll(async () => {
    await node.close()
    await file.remove()
  })

  async function register(agentId: string, swarmId = 'default'): Promise<string> {
    return (await admin.call(registerAgent, { params: { swarmId }, body: { agentId } })).body.token
  }

  describe.each(KINDS)('$kind', ({ open, index }) => {
    const by = (agentId: string, credential: string, swarmId = 'default') =>
      open({ url: node.url, swarmId, agentId, credential })

    it('ends when the token of its agent is replaced, and no other does', async () => {
      const other = await by(`other-${index}`, await register(`other-${index}`))
      const replaced = await by(`replaced-${index}`, await register(`replaced-${index}`))
      await register(`replaced-${index}`)
      expect(UNAUTHORIZED_ENDS).toContain(await replaced.ended)
      expect(await isOpen(other)).toBe(true)
      other.close()
    })

    it('ends when its agent is removed', async () => {
      const removed = await by(`removed-${index}`, await register(`removed-${index}`))
      await admin.call(deregisterAgent, { params: { agentId: `removed-${index}` } })
      expect(REMOVED_ENDS).toContain(await removed.ended)
    })

    it('ends when its swarm is deleted', async () => {
      const swarmId = `gone-${index}`
      await admin.call(createSwarm, { body: { swarmId } })
      const token = await register('agnes', swarmId)
      const ofAgent = await by('agnes', token, swarmId)
      await register('olaf', swarmId)
      const ofClient = await by('olaf', ADMIN.key, swarmId)
      await admin.call(deleteSwarm, { params: { swarmId }, query: { force: 'true' } })
      expect(DELETED_ENDS).toContain(await ofAgent.ended)
      expect(DELETED_ENDS).toContain(await ofClient.ended)
    })

    it.each([
      ['is removed', []],
      ['loses its role', [entry(`kate-${index}`, { roles: ['monitor'] })]],
      ['goes to another tenant', [entry(`kate-${index}`, { tenant: 'other' })]],
      ['is replaced by another', [entry(`kate-${index}`, { key: keyOf('new-kate') })]],
    ])('ends when its key %s, and no other does', async (_, after) => {
      await register(`keyed-${index}`)
      await register(`kept-${index}`)
      await file.write(ADMIN, entry('keeper'), entry(`kate-${index}`))
      await node.reloadKeys()
      const kept = await by(`kept-${index}`, keyOf('keeper'))
      const lost = await by(`keyed-${index}`, keyOf(`kate-${index}`))
      await file.write(ADMIN, entry('keeper'), ...after)
      await node.reloadKeys()
      expect([...UNAUTHORIZED_ENDS, 403]).toContain(await lost.ended)
      expect(await isOpen(kept)).toBe(true)
      kept.close()
    })

    it('stays open while its key keeps what it needs', async () => {
      await register(`stays-${index}`)
      await file.write(ADMIN, entry('keeper', { roles: ['admin'] }))
      await node.reloadKeys()
      const kept = await by(`stays-${index}`, keyOf('keeper'))
      await file.write(ADMIN, entry('keeper', { roles: ['operator', 'monitor'] }))
      await node.reloadKeys()
      expect(await isOpen(kept)).toBe(true)
      await file.write(ADMIN)
      await node.reloadKeys()
      await kept.ended
    })
  })

  it('keeps the keys of before where the file is broken, and makes the swarm of a new tenant', async () => {
    await file.write(ADMIN)
    await writeFile(file.path, '[')
    await expect(node.reloadKeys()).rejects.toThrow('not JSON')
    await rm(file.path)
    await expect(node.reloadKeys()).rejects.toThrow('does not exist')
    expect((await admin.call(SWARM_OPERATIONS.listSwarms)).status).toBe(200)
    await file.write(ADMIN, entry('nora', { tenant: 'newcomers', roles: ['admin'] }))
    await node.reloadKeys()
    const nora = new ContractClient(node.url, keyOf('nora'))
    expect((await nora.call(SWARM_OPERATIONS.listSwarms)).body.swarms).toHaveLength(1)
  })
})

describe('on Redis, what loses its authority loses its open connections on every node', () => {
  let redis: RedisServer
  let nodes: readonly TestNode[]
  let admin: ContractClient

  beforeAll(async () => {
    redis = await startRedis()
    const settings = { AMOS_REDIS_URL: redis.url, AMOS_API_KEYS: JSON.stringify([ADMIN]) }
    nodes = [await startTestNode(settings), await startTestNode(settings)]
    admin = new ContractClient(nodes[0]!.url, ADMIN.key)
  })
  afterAll(async () => {
    await Promise.all(nodes.map((node) => node.close()))
    await redis.close()
  })

  async function register(agentId: string, swarmId = 'default'): Promise<string> {
    return (await admin.call(registerAgent, { params: { swarmId }, body: { agentId } })).body.token
  }

  async function openOnEach(kind: (typeof KINDS)[number], name: string): Promise<OpenConnection[]> {
    const opened: OpenConnection[] = []
    for (const [place, { url }] of nodes.entries()) {
      const agentId = `${name}-${kind.index}-${place}`
      opened.push(await kind.open({ url, swarmId: 'default', agentId, credential: await register(agentId) }))
    }
    return opened
  }

  describe.each(KINDS)('$kind', (kind) => {
    it('ends when the token of its agent is replaced', async () => {
      const opened = await openOnEach(kind, 'replaced')
      for (const place of nodes.keys()) await register(`replaced-${kind.index}-${place}`)
      for (const { ended } of opened) expect(UNAUTHORIZED_ENDS).toContain(await ended)
    })

    it('ends when its agent is removed', async () => {
      const opened = await openOnEach(kind, 'removed')
      for (const place of nodes.keys())
        await admin.call(deregisterAgent, { params: { agentId: `removed-${kind.index}-${place}` } })
      for (const { ended } of opened) expect(REMOVED_ENDS).toContain(await ended)
    })

    it('ends when its swarm is deleted', async () => {
      const swarmId = `gone-${kind.index}`
      await admin.call(createSwarm, { body: { swarmId } })
      const opened: OpenConnection[] = []
      for (const [place, { url }] of nodes.entries()) {
        const agentId = `agnes-${place}`
        const credential = await register(agentId, swarmId)
        opened.push(await kind.open({ url, swarmId, agentId, credential }))
        await register(`of-key-${place}`, swarmId)
        opened.push(await kind.open({ url, swarmId, agentId: `of-key-${place}`, credential: ADMIN.key }))
      }
      await admin.call(deleteSwarm, { params: { swarmId }, query: { force: 'true' } })
      for (const { ended } of opened) expect(DELETED_ENDS).toContain(await ended)
    })
  })
})
