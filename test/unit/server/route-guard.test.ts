import { fastify } from 'fastify'
import { describe, expect, it } from 'vitest'
import { SwarmError } from '#domain/model/errors.ts'
import { guardRoutes } from '#server/auth/auth-hooks.ts'
import { Authenticator } from '#server/auth/authenticator.ts'

const noSwarms = {
  open: async (_: unknown, swarmId: never) => {
    throw new SwarmError('swarm_not_found', { swarmId })
  },
}

describe('guardRoutes', () => {
  it('lets no server start that has a route without an access declaration', async () => {
    const app = fastify()
    const authenticator = new Authenticator(undefined, { swarms: noSwarms })
    guardRoutes(app, { entrance: { authenticateHeader: () => authenticator.authenticate(undefined) } })
    app.get('/declared', { config: { access: 'public' } }, async () => 'fine')
    app.get('/forgotten', async () => 'open to everybody')
    await expect(app.ready()).rejects.toThrow('/forgotten does not declare who may call it')
  })
})
