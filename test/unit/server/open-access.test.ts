import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { SwarmError } from '#domain/model/errors.ts'
import { agentId, swarmId, swarmScope, tenantId } from '#domain/model/ids.ts'
import { newAgentToken } from '#server/auth/agent-token.ts'
import { Authenticator, type AuthenticatorModules } from '#server/auth/authenticator.ts'
import { OpenAccess } from '#server/auth/open-access.ts'
import { secretHash } from '#server/auth/secret-hash.ts'
import { SessionRegistry } from '#server/channel/session-registry.ts'
import { MemoryLogger } from '#simulation/memory/memory-logger.ts'

const owner = { tenant: tenantId('acme'), swarmId: swarmId('default'), agentId: agentId('ada') }
const scope = swarmScope(owner.tenant, owner.swarmId)
const down = new SwarmError('store_unavailable', { reason: 'away', retryAfterMs: 1_000 })

/** One agent in a store that can be away, counted how often it was asked. */
class Store {
  token = newAgentToken(owner)
  isDown = false
  reads = 0

  readonly swarms = {
    open: async () => ({
      reader: {
        agent: async () => {
          this.reads += 1
          if (this.isDown) throw down
          return { tokenHash: secretHash(this.token) }
        },
      },
    }),
  } as unknown as AuthenticatorModules['swarms']
}

describe('OpenAccess', () => {
  beforeEach(() => vi.useFakeTimers())
  afterEach(() => vi.useRealTimers())

  async function opened(count: number) {
    const store = new Store()
    const sessions = new SessionRegistry()
    const authenticator = new Authenticator(undefined, store)
    const modules = { authenticator, sessions, swarms: store.swarms, logger: new MemoryLogger() }
    const access = new OpenAccess(modules)
    const caller = await authenticator.authenticate(store.token)
    const ended: unknown[] = []
    const hold = () =>
      access.hold({ caller, access: 'viewer', target: owner, end: (error) => ended.push(error) })
    const releases = Array.from({ length: count }, hold)
    return { store, sessions, ended, hold, releases }
  }

  it('ends what is held once the store answers again, and asks it sparingly until then', async () => {
    const { store, sessions, ended } = await opened(1_000)
    store.isDown = true
    store.token = newAgentToken(owner)
    sessions.registrationChanged(scope, owner.agentId)
    await vi.advanceTimersByTimeAsync(0)
    const readsAtFirst = store.reads
    await vi.advanceTimersByTimeAsync(2_500)
    expect(store.reads - readsAtFirst).toBeLessThanOrEqual(1_000)
    expect(ended).toEqual([])
    store.isDown = false
    await vi.advanceTimersByTimeAsync(500)
    expect(ended).toHaveLength(1_000)
    expect(ended[0]).toMatchObject({ code: 'unauthorized' })
  })

  it('ends what was authenticated before a change and is opened after it', async () => {
    const { store, sessions, ended, hold } = await opened(0)
    store.token = newAgentToken(owner)
    sessions.registrationChanged(scope, owner.agentId)
    hold()
    await vi.advanceTimersByTimeAsync(0)
    expect(ended).toHaveLength(1)
  })

  it('leaves alone what was closed meanwhile, and what a change does not concern', async () => {
    const { store, sessions, ended, releases } = await opened(2)
    store.token = newAgentToken(owner)
    sessions.registrationChanged(swarmScope(owner.tenant, swarmId('other')), owner.agentId)
    sessions.registrationChanged(scope, agentId('bob'))
    await vi.advanceTimersByTimeAsync(0)
    expect(ended).toEqual([])
    for (const release of releases) release()
    sessions.registrationChanged(scope, owner.agentId)
    await vi.advanceTimersByTimeAsync(0)
    expect(ended).toEqual([])
  })
})
