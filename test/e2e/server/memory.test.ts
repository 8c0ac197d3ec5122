import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { AWKWARD_PAYLOADS } from '../../helpers/awkward-payloads.ts'
import { startTestNode, type TestNode } from '../../helpers/test-node.ts'

const key = (name: string): string => `key-of-${name}-0123456789`
const KEYS = [
  { name: 'vera', tenant: 'acme', roles: ['viewer'] },
  { name: 'sam', tenant: 'acme', roles: ['submitter'] },
  { name: 'olga', tenant: 'acme', roles: ['operator'] },
  { name: 'ann', tenant: 'acme', roles: ['admin'] },
  { name: 'eve', tenant: 'evil', roles: ['admin'] },
].map((entry) => ({ ...entry, key: key(entry.name) }))

/** What the answers of this file hold, each some of it. */
interface Body {
  readonly code?: string
  readonly token?: string
  readonly key?: string
  readonly value?: unknown
  readonly hits?: readonly { readonly record: { readonly key: string } }[]
  readonly records?: readonly unknown[]
  readonly namespaces?: readonly unknown[]
  readonly events?: readonly { readonly subject: string }[]
}

interface Answer {
  readonly status: number
  readonly text: string
  readonly body: Body
  readonly etag: string | null
}

let node: TestNode
const tokens = new Map<string, string>()

async function call(
  who: string,
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  const response = await fetch(`${node.url}/v1/swarms/default/${path}`, {
    method,
    headers: {
      authorization: `Bearer ${tokens.get(who) ?? key(who)}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: text }),
  })
  const answer = await response.text()
  return {
    status: response.status,
    text: answer,
    body: answer === '' ? {} : (JSON.parse(answer) as Body),
    etag: response.headers.get('etag'),
  }
}

const codeOf = async (answer: Promise<Answer>): Promise<unknown> => (await answer).body.code

beforeAll(async () => {
  node = await startTestNode({ AMOS_API_KEYS: JSON.stringify(KEYS) })
  for (const agentId of ['ada', 'bob']) {
    const { body } = await call('olga', 'POST', 'agents', { agentId, capabilities: [] })
    tokens.set(agentId, String(body.token))
  }
})
afterAll(() => node.close())

describe('who reads and writes the memory', () => {
  it('lets agents and submitters write a namespace that nobody declared, and viewers read it', async () => {
    expect((await call('ada', 'PUT', 'memory/open/a', { value: 'heron' })).status).toBe(200)
    expect((await call('sam', 'PUT', 'memory/open/b', { value: 'heron' })).status).toBe(200)
    expect((await call('vera', 'GET', 'memory/open/a')).body).toMatchObject({
      value: 'heron',
      agentId: 'ada',
    })
    const { body } = await call('vera', 'POST', 'memory/search', { text: 'heron', namespaces: ['open'] })
    expect(body.hits).toHaveLength(2)
  })

  it.each([
    ['PUT', 'memory/open/a', { value: 1 }],
    ['DELETE', 'memory/open/a', undefined],
    ['POST', 'memory/open/batch', { records: [{ key: 'a', value: 1 }] }],
    ['POST', 'memory/open/delete', { keys: ['a'] }],
    ['POST', 'memory/open/c/operations', { type: 'counter', replica: 'r', n: 1, amount: 1 }],
    ['POST', 'memory/open/merge', { records: [{ key: 'c', state: { type: 'counter', entries: [] } }] }],
    ['PUT', 'memory/open', { readers: ['viewer'] }],
  ])('refuses a viewer: %s %s', async (method, path, body) => {
    expect(await codeOf(call('vera', method, path, body))).toBe('forbidden')
    expect((await call('vera', 'GET', 'memory/open/a')).body.value).toBe('heron')
  })

  it("keeps an agent's own namespace from other agents, clients and searches", async () => {
    await call('ada', 'PUT', 'memory/@ada/plan', { value: 'secret heron', tags: ['t'] })
    expect((await call('ada', 'GET', 'memory/@ada/plan')).body.value).toBe('secret heron')
    expect((await call('ann', 'GET', 'memory/@ada/plan')).status).toBe(200)
    for (const who of ['bob', 'vera', 'sam', 'olga']) {
      expect(await codeOf(call(who, 'GET', 'memory/@ada/plan')), who).toBe('memory_forbidden')
      expect(await codeOf(call(who, 'GET', 'memory/@ada')), who).toBe('memory_forbidden')
      expect(await codeOf(call(who, 'GET', 'memory/@ada/plan/history')), who).toBe('memory_forbidden')
      expect(await codeOf(call(who, 'POST', 'memory/@ada/read', { keys: ['plan'] })), who).toBe(
        'memory_forbidden',
      )
      const search = { text: 'secret' }
      expect((await call(who, 'POST', 'memory/search', search)).body.hits, who).toEqual([])
      expect(await codeOf(call(who, 'POST', 'memory/search', { ...search, namespaces: ['@ada'] }))).toBe(
        'memory_forbidden',
      )
      expect(JSON.stringify((await call(who, 'GET', 'memory')).body)).not.toContain('@ada')
    }
    expect(await codeOf(call('bob', 'PUT', 'memory/@ada/plan', { value: 1 }))).toBe('memory_forbidden')
    expect(await codeOf(call('sam', 'DELETE', 'memory/@ada/plan'))).toBe('memory_forbidden')
  })

  it('does not show keys and tags of a restricted namespace in events', async () => {
    const { text, body } = await call('vera', 'GET', 'events?types=amos.memory.*&pageSize=100')
    expect(text).not.toContain('plan')
    expect(body.events?.some(({ subject }) => subject === '@ada')).toBe(true)
  })

  it('gives a declared namespace to the roles it names only', async () => {
    const declared = { readers: ['operator'], writers: ['agent', 'operator'] }
    expect((await call('olga', 'PUT', 'memory/audit', declared)).status).toBe(200)
    expect((await call('bob', 'PUT', 'memory/audit/x', { value: 1 })).status).toBe(200)
    expect(await codeOf(call('bob', 'GET', 'memory/audit/x'))).toBe('memory_forbidden')
    expect(await codeOf(call('sam', 'PUT', 'memory/audit/x', { value: 2 }))).toBe('memory_forbidden')
    expect((await call('ann', 'GET', 'memory/audit/x')).body.value).toBe(1)
  })

  it('knows nothing of the memory of another tenant', async () => {
    expect(await codeOf(call('eve', 'GET', 'memory/open/a'))).toBe('memory_not_found')
    expect((await call('eve', 'POST', 'memory/search', { text: 'heron' })).body.hits).toEqual([])
    expect((await call('eve', 'GET', 'memory')).body.namespaces).toEqual([])
  })
})

describe('records', () => {
  it('keep the bytes of every value', async () => {
    for (const [name, text] of AWKWARD_PAYLOADS) {
      await call('sam', 'PUT', 'memory/bytes/x', `{"value":${text}}`)
      const { text: answer } = await call('sam', 'GET', 'memory/bytes/x')
      expect(answer.slice(answer.indexOf('"value":') + 8, -1), name).toBe(text)
    }
  })

  it('are changed under If-Match and If-None-Match only where these hold', async () => {
    const created = await call('sam', 'PUT', 'memory/cas/x', { value: 1 }, { 'if-none-match': '*' })
    const again = call('sam', 'PUT', 'memory/cas/x', { value: 2 }, { 'if-none-match': '*' })
    expect(await again).toMatchObject({ status: 412, body: { code: 'version_conflict' } })
    const tag = { 'if-match': created.etag ?? '' }
    expect((await call('sam', 'PUT', 'memory/cas/x', { value: 3 }, tag)).status).toBe(200)
    expect((await call('sam', 'PUT', 'memory/cas/x', { value: 4 }, tag)).status).toBe(412)
    expect((await call('sam', 'DELETE', 'memory/cas/x', undefined, tag)).status).toBe(412)
    expect((await call('sam', 'GET', 'memory/cas/x')).body.value).toBe(3)
  })

  it('are found by the search that follows the write, and never after they are gone', async () => {
    for (let round = 0; round < 20; round += 1) {
      const word = `zebra${round}`
      await call('sam', 'PUT', 'memory/mine/x', { value: word })
      const found = await call('sam', 'POST', 'memory/search', { text: word })
      expect(found.body.hits).toHaveLength(1)
      await call('sam', 'DELETE', 'memory/mine/x')
      expect((await call('sam', 'POST', 'memory/search', { text: word })).body.hits).toEqual([])
    }
  })

  it('say why they were found', async () => {
    const turns = ['Where does the heron nest?', 'In the old oak.', 'Thank you.']
    const records = turns.map((value, at) => ({ key: `turn-${at}`, value, sequence: { name: 'talk' } }))
    await call('sam', 'POST', 'memory/talk/batch', { records })
    const search = { text: 'herons', namespaces: ['talk'] }
    const { body } = await call('sam', 'POST', 'memory/search', search)
    expect(body.hits?.map(({ record }) => record.key)).toEqual(['turn-0', 'turn-1'])
    expect(body.hits?.[0]).toMatchObject({
      snippet: { text: turns[0], matches: [[15, 20]] },
      lexical: { rank: 1, terms: [{ term: 'heron', frequency: 1, contextFrequency: 0 }] },
    })
    const plain = await call('sam', 'POST', 'memory/search', { ...search, contextWeight: 0 })
    expect(plain.body.hits).toHaveLength(1)
  })
})

describe('bad input', () => {
  const put = (path: string, body: unknown): Promise<Answer> => call('sam', 'PUT', `memory/${path}`, body)
  const ops = (body: unknown): Promise<Answer> => call('sam', 'POST', 'memory/bad/r/operations', body)

  it('is refused with a reason, and what stands stays', async () => {
    await put('bad/x', { value: 'stays', embedding: [1, 2, 3] })
    const cases: readonly (readonly [Promise<Answer>, string])[] = [
      [put('bad/x', { value: 'x'.repeat(1_000_000) }), 'payload_too_large'],
      [put('bad/x', `{"value":"${'x'.repeat(1_100_000)}"}`), 'payload_too_large'],
      [put('bad/x', {}), 'validation_failed'],
      [put('bad/x', { value: 1, embedding: [1, 2] }), 'memory_invalid'],
      [put('bad/x', '{"value":1,"embedding":[1,2,1e999]}'), 'validation_failed'],
      [put('bad/x', '{"value":1,"embedding":[1,2,1e300]}'), 'memory_invalid'],
      [put('bad/x', '{"value":1,"embedding":[1,2,NaN]}'), 'json_invalid'],
      [put('bad/x', { value: 1, embedding: [] }), 'validation_failed'],
      [put('bad/x', { value: 1, ttlMs: -5 }), 'validation_failed'],
      [put('bad/x', { value: 1, tags: ['two words'] }), 'validation_failed'],
      [put(`bad/${'k'.repeat(129)}`, { value: 1 }), 'validation_failed'],
      [put(`bad/${encodeURIComponent('é'.repeat(100))}`, { value: 1 }), 'memory_invalid'],
      [put('bad/%00', { value: 1 }), 'memory_invalid'],
      [put('search/x', { value: 1 }), 'memory_invalid'],
      [put('Bad_Name/x', { value: 1 }), 'validation_failed'],
      [
        call('sam', 'POST', 'memory/search', { text: 'x', vector: [1, 2], namespaces: ['bad'] }),
        'memory_invalid',
      ],
      [call('sam', 'POST', 'memory/search', {}), 'validation_failed'],
      [
        call('sam', 'POST', 'memory/bad/batch', {
          records: [
            { key: 'a', value: 1 },
            { key: 'a', value: 2 },
          ],
        }),
        'memory_invalid',
      ],
      [call('sam', 'POST', 'memory/bad/batch', { records: [{ key: '..', value: 1 }] }), 'memory_invalid'],
      [ops({ type: 'counter', replica: 'r', n: 0, amount: 1 }), 'validation_failed'],
      [ops({ type: 'counter', replica: 'r', n: 1 }), 'validation_failed'],
      [ops({ type: 'lww', value: 1, stamp: [9e15, 0, 'r'] }), 'memory_invalid'],
      [
        call('sam', 'POST', 'memory/bad/merge', {
          records: [
            {
              key: 'r',
              state: {
                type: 'counter',
                entries: [
                  ['b', 1, 1, 0, []],
                  ['a', 1, 1, 0, []],
                ],
              },
            },
          ],
        }),
        'memory_invalid',
      ],
    ]
    for (const [index, [answer, code]] of cases.entries())
      expect(await codeOf(answer), `case ${index}`).toBe(code)
    expect((await call('sam', 'GET', 'memory/bad/x')).body.value).toBe('stays')
    expect((await call('sam', 'GET', 'memory/bad')).body.records).toHaveLength(1)
  })

  it('is plain data where it can be', async () => {
    for (const name of ['__proto__', 'constructor', 'search', 'a/b', '東京 😀', "'; DROP"]) {
      const path = `memory/plain/${encodeURIComponent(name)}`
      expect((await call('sam', 'PUT', path, { value: name })).status, name).toBe(200)
      expect((await call('sam', 'GET', path)).body, name).toMatchObject({ key: name, value: name })
    }
    expect(({} as Record<string, unknown>)['value']).toBeUndefined()
  })
})
