import { describe, expect, it } from 'vitest'
import { agentId, swarmId, tenantId } from '#domain/model/ids.ts'
import { agentTokenOwner, newAgentToken } from '#server/auth/agent-token.ts'
import { ApiKeys } from '#server/auth/api-keys.ts'
import { bearerCredential } from '#server/auth/authenticator.ts'
import { refuseOpenServer } from '#server/auth/bind-guard.ts'
import { secretHash } from '#server/auth/secret-hash.ts'

const ENTRY = { name: 'ada', tenant: 'acme', roles: ['viewer', 'operator'], key: 'a-key-of-16-chars' }
const HASHED = { name: 'eve', tenant: 'acme', roles: ['viewer'], keySha256: secretHash(ENTRY.key) }
const parse = (...entries: object[]): ApiKeys => ApiKeys.parse(JSON.stringify(entries))

describe('API keys', () => {
  it('give the tenant and the strongest of their roles', () => {
    expect(parse(ENTRY).find(secretHash(ENTRY.key))).toEqual({
      kind: 'client',
      name: 'ada',
      tenant: 'acme',
      role: 'operator',
      isMonitor: false,
    })
  })

  it('may monitor the node beside their roles, or do nothing else', () => {
    const rolesOf = (...roles: string[]) => parse({ ...ENTRY, roles }).find(secretHash(ENTRY.key))
    expect(rolesOf('monitor')).toMatchObject({ role: undefined, isMonitor: true })
    expect(rolesOf('monitor', 'submitter')).toMatchObject({ role: 'submitter', isMonitor: true })
  })

  it('can be set by their hash alone', () => {
    const { key, ...rest } = ENTRY
    expect(parse({ ...rest, keySha256: secretHash(key) }).find(secretHash(key))).toMatchObject({
      name: 'ada',
    })
  })

  it('are found by all of their text only', () => {
    const keys = parse(ENTRY)
    for (const wrong of ['', ENTRY.key.slice(1), `${ENTRY.key}x`, secretHash(ENTRY.key)]) {
      expect(keys.find(secretHash(wrong))).toBeUndefined()
    }
  })

  it('name the tenants they belong to, once each', () => {
    const other = { ...ENTRY, key: 'another-key-of-16', name: 'bob' }
    expect(
      parse(ENTRY, other, { ...other, name: 'eve', tenant: 'evil', key: 'a-third-key-of-16' }).tenants,
    ).toEqual(['acme', 'evil'])
  })

  it.each([
    ['what is not JSON', 'keys.json', 'not JSON'],
    ['an empty list', '[]', 'the list'],
    ['a short key', JSON.stringify([{ ...ENTRY, key: 'short' }]), '/0/key'],
    ['an unknown role', JSON.stringify([{ ...ENTRY, roles: ['king'] }]), '/0/roles'],
    ['a tenant that can be none', JSON.stringify([{ ...ENTRY, tenant: '../x' }]), '/0/tenant'],
    ['a key and its hash', JSON.stringify([{ ...ENTRY, keySha256: 'a'.repeat(64) }]), 'ada needs one of'],
    [
      'one key for two tenants',
      JSON.stringify([ENTRY, { ...ENTRY, name: 'eve', tenant: 'evil' }]),
      'same key',
    ],
    ['a key and its hash under two names', JSON.stringify([ENTRY, HASHED]), 'ada and eve have the same key'],
    ['two of one name', JSON.stringify([ENTRY, { ...ENTRY, key: 'another-key-of-16' }]), 'the same name'],
  ])('refuse %s, without showing a key', (_, text, message) => {
    expect(() => ApiKeys.parse(text)).toThrow(message)
    expect(() => ApiKeys.parse(text)).not.toThrow(ENTRY.key)
  })
})

describe('agent tokens', () => {
  const owner = { tenant: tenantId('acme'), swarmId: swarmId('s-1'), agentId: agentId('a-1') }

  it('say whose they are and never repeat', () => {
    const token = newAgentToken(owner)
    expect(agentTokenOwner(token)).toEqual(owner)
    expect(newAgentToken(owner)).not.toBe(token)
  })

  it('can be offered as a WebSocket subprotocol', () => {
    expect(newAgentToken(owner)).toMatch(/^[\w!#$%&'*+.^`|~-]+$/)
  })

  it('are not mistaken for other text', () => {
    for (const text of [
      '',
      'agt',
      'agt.a.b.c',
      'agt.a.b.c.d.e',
      'agt.A.b.c.d',
      'agt.a/b.c.d.e',
      'key.a.b.c.d',
    ]) {
      expect(agentTokenOwner(text)).toBeUndefined()
    }
  })
})

describe('bearerCredential', () => {
  it('reads one credential, and refuses what is another scheme', () => {
    expect(bearerCredential('Bearer abc')).toBe('abc')
    expect(bearerCredential('bearer  abc')).toBe('abc')
    expect(bearerCredential(undefined)).toBeUndefined()
    for (const header of ['Basic abc', 'Bearer', 'Bearer a b', 'Bearer é', '']) {
      expect(() => bearerCredential(header)).toThrow(expect.objectContaining({ code: 'unauthorized' }))
    }
  })
})

describe('refuseOpenServer', () => {
  it('lets a server without keys listen on loopback alone', () => {
    for (const host of ['127.0.0.1', '127.1.2.3', '::1', 'localhost']) {
      expect(() => refuseOpenServer(host, false)).not.toThrow()
    }
    for (const host of ['0.0.0.0', '::', '192.168.1.1', 'example.org', '127.0.0.1.example.org', '']) {
      expect(() => refuseOpenServer(host, false)).toThrow('AMOS_API_KEYS')
      expect(() => refuseOpenServer(host, true)).not.toThrow()
    }
  })
})
