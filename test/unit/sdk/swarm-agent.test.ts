import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  type AgentNotice,
  SwarmAgent,
  type SwarmAgentOptions,
  TaskFailure,
  type TaskRevoked,
} from '#sdk/index.ts'
import { eventually } from '../../helpers/eventually.ts'
import { problem, ScriptedHub } from './scripted-hub.ts'

describe('SwarmAgent', () => {
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

  it('registers, connects and completes a task with what its handler returns', async () => {
    const agent = newAgent({ slots: 2, labels: { zone: 'a' } })
    agent.handle('work', ({ payload, attempt }) => ({ doubled: 2 * (payload as number), attempt }))
    await agent.start()
    const channel = await hub.channel()
    channel.assign('t1', { payload: 21 })
    const complete = await channel.frame('task.complete')
    expect(hub.registrations).toEqual([
      { agentId: 'ada', capabilities: [{ name: 'review' }], slots: 2, labels: { zone: 'a' } },
    ])
    expect(complete).toMatchObject({ taskId: 't1', fencingToken: 1, result: { doubled: 42, attempt: 1 } })
    await eventually(() => agent.heldCount === 0)
  })

  it('does not accept work that is done at once, since its completion says as much', async () => {
    const agent = newAgent().handle('*', () => 'done')
    await agent.start()
    const channel = await hub.channel()
    channel.assign('t1')
    await channel.frame('task.complete')
    expect(channel.frames.map(({ type }) => type)).toEqual(['hello', 'task.complete'])
  })

  it('accepts work that takes longer', async () => {
    const { promise, resolve } = deferred()
    const agent = newAgent().handle('*', () => promise)
    await agent.start()
    const channel = await hub.channel()
    channel.assign('t1', { fencingToken: 7 })
    expect(await channel.frame('task.accept')).toMatchObject({ taskId: 't1', fencingToken: 7 })
    resolve('late')
    expect(await channel.frame('task.complete')).toMatchObject({ fencingToken: 7, result: 'late' })
  })

  it('tells a handler why its task was taken away', async () => {
    const reasons: unknown[] = []
    const agent = newAgent().handle('*', async ({ taskId }, { signal }) => {
      await new Promise((resolve) => signal.addEventListener('abort', resolve))
      reasons.push([taskId, (signal.reason as TaskRevoked).code])
    })
    await agent.start()
    const channel = await hub.channel()
    channel.assign('t1')
    channel.assign('t2')
    channel.send({ type: 'task.canceled', taskId: 't1', fencingToken: 1, reason: 'not needed' })
    channel.send({ type: 'task.revoked', taskId: 't2', fencingToken: 1, reason: 'stolen' })
    await eventually(() => reasons.length === 2)
    expect(reasons).toEqual([
      ['t1', 'canceled'],
      ['t2', 'revoked'],
    ])
    expect(notices).toContainEqual({ type: 'task_lost', taskId: 't1', reason: 'not needed' })
  })

  it.each(['lease_lost', 'task_finished'] as const)(
    'says that its task was canceled also where a report is refused with %s before the notice comes',
    async (code) => {
      hub.answers.acknowledges.delete('task.accept')
      const codes: string[] = []
      const agent = newAgent().handle('*', async (_task, { signal }) => {
        await new Promise((resolve) => signal.addEventListener('abort', resolve))
        codes.push((signal.reason as TaskRevoked).code)
      })
      await agent.start()
      const channel = await hub.channel()
      channel.assign('t1')
      const { requestId = 0 } = await channel.frame('task.accept')
      const { type: _, instance: __, ...refusal } = problem(code, 409)
      channel.send({ type: 'error', ...refusal, code, requestId, details: { status: 'canceled' } })
      channel.send({ type: 'task.canceled', taskId: 't1', fencingToken: 1, reason: 'no use' })
      await eventually(() => codes.length === 1)
      expect(codes).toEqual(['canceled'])
    },
  )

  it('fails a task that takes longer than it may', async () => {
    const agent = newAgent().handle('*', async (_task, { signal }) => {
      await new Promise((resolve) => signal.addEventListener('abort', resolve))
      throw signal.reason
    })
    await agent.start()
    const channel = await hub.channel()
    channel.assign('t1', { timeoutMs: 100 })
    expect(await channel.frame('task.fail')).toMatchObject({ kind: 'retry', failure: { code: 'timeout' } })
  })

  it.each([
    [
      'an ordinary error',
      () => new RangeError('no'),
      { failure: { code: 'handler_error', message: 'no' }, kind: 'retry' },
    ],
    [
      'a failure that cannot be helped',
      () => new TaskFailure('broken', { code: 'bad_input', retryable: false }),
      { failure: { code: 'bad_input', message: 'broken' }, kind: 'fail' },
    ],
    [
      'an error of Node',
      () => Object.assign(new Error('gone'), { code: 'ENOENT' }),
      { failure: { code: 'ENOENT', message: 'gone' }, kind: 'retry' },
    ],
  ])('fails the attempt when its handler throws %s', async (_what, error, expected) => {
    const agent = newAgent().handle('*', () => {
      throw error()
    })
    await agent.start()
    const channel = await hub.channel()
    channel.assign('t1')
    expect(await channel.frame('task.fail')).toMatchObject(expected)
  })

  it('gives tasks back and rejects them at the handler’s word', async () => {
    const agent = newAgent()
      .handle('busy', (_task, context) => context.release('no room'))
      .handle('wrong', (_task, context) => context.reject('not my business'))
    await agent.start()
    const channel = await hub.channel()
    channel.assign('t1', { type: 'busy' })
    channel.assign('t2', { type: 'wrong' })
    expect(await channel.frame('task.release')).toMatchObject({ taskId: 't1', reason: 'no room' })
    expect(await channel.frame('task.fail')).toMatchObject({
      taskId: 't2',
      kind: 'reject',
      failure: { code: 'rejected', message: 'not my business' },
    })
    await eventually(() => agent.heldCount === 0)
    expect(channel.frames.filter(({ type }) => type.startsWith('task.'))).toHaveLength(2)
  })

  it('fails for good a task whose result is larger than a result may be', async () => {
    const agent = newAgent().handle('*', () => 'x'.repeat(200_000))
    await agent.start()
    const channel = await hub.channel()
    channel.assign('t1')
    expect(await channel.frame('task.fail')).toMatchObject({
      kind: 'fail',
      failure: { code: 'result_too_large' },
    })
  })

  it('turns a result the swarm refuses into a failure', async () => {
    hub.answers.acknowledges.delete('task.complete')
    const agent = newAgent().handle('*', () => 'odd')
    await agent.start()
    const channel = await hub.channel()
    channel.assign('t1')
    const { requestId } = await channel.frame('task.complete')
    const { instance: _instance, type: _type, ...refusal } = problem('json_too_deep', 400)
    channel.send({
      type: 'error',
      ...(refusal as unknown as { code: 'json_too_deep' } & typeof refusal),
      requestId: requestId ?? 0,
    })
    expect(await channel.frame('task.fail')).toMatchObject({
      kind: 'fail',
      failure: { code: 'json_too_deep' },
    })
  })

  it('repeats a completion that the swarm could not take down', async () => {
    hub.answers.acknowledges.delete('task.complete')
    const agent = newAgent().handle('*', () => 'again')
    await agent.start()
    const channel = await hub.channel()
    channel.assign('t1')
    const first = await channel.frame('task.complete')
    const {
      instance: _instance,
      type: _type,
      ...refusal
    } = problem('store_unavailable', 503, { retryable: true })
    channel.send({
      type: 'error',
      ...(refusal as unknown as { code: 'store_unavailable' } & typeof refusal),
      requestId: first.requestId ?? 0,
    })
    const second = await channel.frame('task.complete', channel.frames.indexOf(first) + 1)
    expect(second).toMatchObject({ taskId: 't1', fencingToken: 1, result: 'again' })
    expect(agent.heldCount).toBe(1)
  })

  it('sends only the newest of many progress notes', async () => {
    hub.answers.acknowledges.delete('task.progress')
    const { promise } = deferred()
    const agent = newAgent().handle('*', async (_task, { progress }) => {
      for (let step = 0; step <= 100; step++) progress(step / 100, `step ${step}`)
      await promise
    })
    await agent.start()
    const channel = await hub.channel()
    channel.assign('t1')
    const first = await channel.frame('task.progress')
    channel.ack(first)
    const second = await channel.frame('task.progress', channel.frames.indexOf(first) + 1)
    expect([first.message, second.message]).toEqual(['step 0', 'step 100'])
  })

  it('fails a task nobody here handles', async () => {
    const agent = newAgent().handle('other', () => 1)
    await agent.start()
    const channel = await hub.channel()
    channel.assign('t1')
    expect(await channel.frame('task.fail')).toMatchObject({ failure: { code: 'no_handler' } })
  })

  it('gives back what it works on when it closes', async () => {
    const agent = newAgent().handle('*', () => new Promise(() => undefined))
    await agent.start()
    const channel = await hub.channel()
    channel.assign('t1', { fencingToken: 4 })
    await channel.frame('task.accept')
    await agent.close()
    expect(await channel.frame('task.release')).toMatchObject({ taskId: 't1', fencingToken: 4 })
    expect(await agent.ended).toEqual({ reason: 'closed' })
  })

  it('finishes what it holds before a drain lets it go', async () => {
    const { promise, resolve } = deferred()
    const agent = newAgent().handle('*', () => promise)
    await agent.start()
    const channel = await hub.channel()
    channel.assign('t1')
    await channel.frame('task.accept')
    const drained = agent.drain()
    resolve('to the end')
    await drained
    expect(await channel.frame('task.complete')).toMatchObject({ result: 'to the end' })
    expect(await agent.ended).toEqual({ reason: 'closed' })
  })
})

function deferred(): { readonly promise: Promise<unknown>; readonly resolve: (value: unknown) => void } {
  let resolve: (value: unknown) => void = () => undefined
  const promise = new Promise<unknown>((settle) => (resolve = settle))
  return { promise, resolve }
}
