import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type AgentNotice, SwarmAgent, type SwarmAgentOptions, TaskRevoked } from '#sdk/index.ts'
import { eventually } from '../../helpers/eventually.ts'
import { problem, reply, ScriptedHub } from './scripted-hub.ts'

describe('SwarmAgent, as its connection comes and goes', () => {
  let hub: ScriptedHub
  let notices: AgentNotice[]
  const agents: SwarmAgent[] = []

  beforeEach(async () => {
    hub = await ScriptedHub.listen()
    notices = []
  })
  afterEach(async () => {
    await Promise.all(agents.splice(0).map((agent) => agent.close()))
    await hub.close()
  })

  function newAgent(options: Partial<SwarmAgentOptions> = {}): SwarmAgent {
    const onNotice = (notice: AgentNotice) => notices.push(notice)
    const agent = new SwarmAgent({
      url: hub.url,
      agentId: 'ada',
      capabilities: ['review'],
      onNotice,
      ...options,
    })
    agents.push(agent)
    return agent
  }

  it('names a finished task whose completion was not acknowledged after a reconnect, and completes it again', async () => {
    hub.answers.acknowledges.delete('task.complete')
    const agent = newAgent().handle('*', () => 'kept')
    await agent.start()
    const first = await hub.channel()
    first.assign('t1', { fencingToken: 3 })
    await first.frame('task.complete')
    first.socket.terminate()
    const second = await hub.channel(1)
    expect(await second.frame('hello')).toMatchObject({ held: [{ taskId: 't1', fencingToken: 3 }] })
    const complete = await second.frame('task.complete')
    expect(complete).toMatchObject({ taskId: 't1', fencingToken: 3, result: 'kept' })
    expect(agent.heldCount).toBe(1)
    second.ack(complete)
    await eventually(() => agent.heldCount === 0)
  })

  it('works on through a reconnect', async () => {
    const { promise, resolve } = deferred()
    const agent = newAgent().handle('*', () => promise)
    await agent.start()
    const first = await hub.channel()
    first.assign('t1')
    await first.frame('task.accept')
    first.socket.terminate()
    const second = await hub.channel(1)
    expect(await second.frame('hello')).toMatchObject({ held: [{ taskId: 't1', fencingToken: 1 }] })
    resolve('through')
    expect(await second.frame('task.complete')).toMatchObject({ result: 'through' })
  })

  it('aborts the handler of a task that was lost while it was away, and drops its result', async () => {
    const { promise, resolve } = deferred()
    const reasons: unknown[] = []
    const agent = newAgent().handle('*', async (_task, { signal }) => {
      signal.addEventListener('abort', () => reasons.push(signal.reason))
      return promise
    })
    await agent.start()
    const first = await hub.channel()
    first.assign('t1')
    await first.frame('task.accept')
    hub.answers.lost = ['t1']
    first.socket.terminate()
    const second = await hub.channel(1)
    await eventually(() => reasons.length > 0)
    expect(reasons[0]).toBeInstanceOf(TaskRevoked)
    expect(reasons[0]).toMatchObject({ code: 'lease_lost' })
    resolve('for nothing')
    second.assign('t2')
    await second.frame('task.complete')
    expect(second.frames.filter(({ type }) => type === 'task.complete')).toMatchObject([{ taskId: 't2' }])
  })

  it('keeps a new assignment of a task whose old token a heartbeat declares lost', async () => {
    hub.answers.heartbeatMs = 20
    hub.answers.acknowledges.delete('heartbeat')
    const aborted: number[] = []
    const agent = newAgent().handle('*', async ({ fencingToken }, { signal }) => {
      signal.addEventListener('abort', () => aborted.push(fencingToken))
      return new Promise(() => undefined)
    })
    await agent.start()
    const channel = await hub.channel()
    channel.assign('t1', { fencingToken: 1 })
    const asked = await eventually(() =>
      channel.frames.find((frame) => frame.type === 'heartbeat' && (frame.held?.length ?? 0) > 0),
    )
    channel.assign('t1', { fencingToken: 2 })
    const result = { kept: [], lost: ['t1'], leaseMs: 10_000, transport: 'channel' as const }
    channel.send({ type: 'ack', requestId: asked.requestId ?? 0, result })
    channel.assign('t2')
    await eventually(() =>
      channel.frames.some((frame) => frame.type === 'task.accept' && frame.taskId === 't2'),
    )
    expect(aborted).toEqual([1])
    expect(agent.heldCount).toBe(2)
  })

  it('leaves a server that has fallen silent for a lease', async () => {
    hub.answers.heartbeatMs = 20
    hub.answers.acknowledges.delete('heartbeat')
    const agent = newAgent()
    await agent.start()
    await hub.channel(1)
    expect(notices).toContainEqual(expect.objectContaining({ type: 'interrupted' }))
  })

  it('turns to the next of several servers', async () => {
    const gone = await ScriptedHub.listen()
    const goneUrl = gone.url
    await gone.close()
    const agent = newAgent({ url: [goneUrl, hub.url] })
    await agent.start()
    expect(notices).toContainEqual({ type: 'connected', url: hub.url, epoch: 1 })
  })

  it('stays away once a newer process has taken its place', async () => {
    const agent = newAgent()
    await agent.start()
    const channel = await hub.channel()
    channel.socket.close(4001, 'superseded')
    expect(await agent.ended).toMatchObject({ reason: 'superseded' })
    expect(hub.channels).toHaveLength(1)
  })

  it('registers anew where the server has forgotten it, but not over whoever has its id now', async () => {
    const agent = newAgent()
    await agent.start()
    const first = await hub.channel()
    first.socket.close(4004, 'no such agent')
    await hub.channel(1)
    expect(hub.registrations[1]).toMatchObject({ agentId: 'ada', replace: false })
    hub.answers.register = (_body, response) => reply(response, 409, problem('agent_exists', 409))
    hub.channels[1]?.socket.close(4003, 'unauthorized')
    expect(await agent.ended).toMatchObject({ reason: 'superseded', error: { code: 'agent_exists' } })
  })

  it('ends with the reason when it is removed, and does not register again', async () => {
    const agent = newAgent()
    await agent.start()
    const channel = await hub.channel()
    channel.socket.close(4005, 'removed')
    expect(await agent.ended).toMatchObject({ reason: 'removed' })
    expect(hub.registrations).toHaveLength(1)
  })

  it('ends with the reason when it was removed while it was away', async () => {
    const agent = newAgent()
    await agent.start()
    hub.answers.register = (_body, response) => reply(response, 409, problem('agent_removed', 409))
    const channel = await hub.channel()
    channel.socket.close(4003, 'unauthorized')
    expect(await agent.ended).toMatchObject({ reason: 'removed', error: { code: 'agent_removed' } })
    expect(hub.registrations[1]).toMatchObject({ replace: false, isReturning: true })
  })

  it('heeds the reason of a server that closes the channel instead of welcoming it', async () => {
    hub.answers.closeOnHello = 4003
    const agent = newAgent()
    const started = agent.start()
    await eventually(() => hub.registrations.length === 2)
    hub.answers.closeOnHello = 4001
    await expect(started).rejects.toThrow('4001')
    expect(await agent.ended).toMatchObject({ reason: 'superseded' })
  })

  it('says why it cannot start', async () => {
    hub.answers.register = (_body, response) => reply(response, 401, problem('unauthorized', 401))
    await expect(newAgent().start()).rejects.toMatchObject({ code: 'unauthorized', status: 401 })
  })

  it('waits for a server that is not ready yet', async () => {
    hub.answers.refuseUpgrade = 503
    const agent = newAgent()
    const started = agent.start()
    await eventually(() => notices.some(({ type }) => type === 'interrupted'))
    hub.answers.refuseUpgrade = undefined
    await started
    expect(hub.channels).toHaveLength(1)
  })
})

function deferred(): { readonly promise: Promise<unknown>; readonly resolve: (value: unknown) => void } {
  let resolve: (value: unknown) => void = () => undefined
  const promise = new Promise<unknown>((settle) => (resolve = settle))
  return { promise, resolve }
}
