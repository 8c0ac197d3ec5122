import { describe, expect, it } from 'vitest'
import { agentId } from '#domain/model/ids.ts'
import { agentSpec, Cluster, SCOPE } from './cluster.ts'

describe('the end of a registration', () => {
  it('may have been left untold by a node that died: after a takeover every node looks at what is open', async () => {
    const cluster = new Cluster()
    const first = await cluster.node({ isAlone: false })
    const second = await cluster.node({ isAlone: false })
    second.sessions.registrationsEnded.splice(0)
    first.die()
    await cluster.pass(5_000)
    await cluster.settle(second.service.consensus.leader())
    expect(second.sessions.registrationsEnded).toContain(SCOPE)
  })

  it('is told to every node, whichever coordinates', async () => {
    const cluster = new Cluster()
    const first = await cluster.node({ isAlone: false })
    const second = await cluster.node({ isAlone: false })
    const request = { agentId: agentId('ada'), spec: agentSpec('ada'), isNew: false }
    await cluster.settle(second.service.agents.register({ ...request, tokenHash: '1' }))
    await cluster.settle(second.service.agents.register({ ...request, tokenHash: '2' }))
    await cluster.pass(10)
    expect(first.sessions.registrationsEnded).toEqual(['ada'])
    expect(second.sessions.registrationsEnded).toEqual(['ada'])
    await cluster.settle(first.service.agents.deregister({ agentId: request.agentId }))
    await cluster.pass(10)
    expect(second.sessions.registrationsEnded).toEqual(['ada', 'ada'])
  })
})
