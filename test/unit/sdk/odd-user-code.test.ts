import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ChannelFrameOf } from '#contract/index.ts'
import { type AgentNotice, SwarmAgent, type SwarmAgentOptions, type TaskContext } from '#sdk/index.ts'
import { eventually } from '../../helpers/eventually.ts'
import { ODD_VALUES, WAYS } from './odd-values.ts'
import { type HubChannel, ScriptedHub } from './scripted-hub.ts'
import { ProposalScript } from './voting-script.ts'

describe('user code that does odd things', () => {
  let hub: ScriptedHub
  let notices: AgentNotice[]
  /** What would end the process of an agent. */
  let escaped: unknown[]
  const agents: SwarmAgent[] = []
  /** Print each warning otherwise. */
  const printers = process.listeners('warning')
  const note = (error: unknown): void => void escaped.push(error)
  const quiet = (): void => undefined

  beforeEach(async () => {
    hub = await ScriptedHub.listen()
    hub.answers.acknowledges.add('message.send').add('message.ack').add('consensus')
    notices = []
    escaped = []
    process.removeAllListeners('warning')
    process.on('uncaughtException', note).on('unhandledRejection', note)
  })
  afterEach(async () => {
    await Promise.all(agents.splice(0).map((agent) => agent.close()))
    await hub.close()
    await turns()
    process.off('uncaughtException', note).off('unhandledRejection', note)
    for (const printer of printers) process.on('warning', printer)
    if (escaped.length > 0) throw new AggregateError(escaped, 'it would have ended the process')
  })

  async function start(agent: SwarmAgent): Promise<HubChannel> {
    await agent.start()
    return hub.channel()
  }

  function newAgent(options: Partial<SwarmAgentOptions> = {}): SwarmAgent {
    const onNotice = (notice: AgentNotice) => notices.push(notice)
    const agent = new SwarmAgent({ url: hub.url, agentId: 'ada', onNotice, ...options })
    agents.push(agent)
    return agent
  }

  const errors = () => notices.flatMap((notice) => (notice.type === 'error' ? [notice.error] : []))

  const isText = (error: Error): boolean => typeof error.message === 'string'

  it.each(WAYS)('ends each task with one report where its handler %s odd values', async (_way, run) => {
    const agent = newAgent().handle('*', ({ payload }) => run(oddValue(payload)))
    const channel = await start(agent)
    for (const [index, [what]] of ODD_VALUES.entries()) channel.assign(`t${index}`, { payload: what })
    const reports = () =>
      channel.frames.filter(({ type }) => type === 'task.complete' || type === 'task.fail')
    await eventually(() => agent.heldCount === 0 && reports().length >= ODD_VALUES.length)
    expect(reports()).toHaveLength(ODD_VALUES.length)
    for (const report of reports()) {
      if (report.type !== 'task.fail') continue
      const { code, message } = report.failure
      expect(code).toMatch(/^[A-Za-z0-9][A-Za-z0-9._:/-]{0,127}$/)
      expect(message.length).toBeLessThanOrEqual(4_096)
    }
  })

  it.each(WAYS)('goes on where a listener of a task’s signal %s odd values', async (_way, run) => {
    let aborted = 0
    const agent = newAgent().handle('*', async ({ payload }, { signal }) => {
      const make = oddValue(payload)
      const never = (): void => void run(make)
      signal.addEventListener('abort', () => run(make))
      signal.addEventListener('abort', { handleEvent: () => run(make) })
      signal.addEventListener('abort', never)
      signal.removeEventListener('abort', never)
      Reflect.set(signal, 'onabort', () => run(make))
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
      aborted += 1
    })
    const channel = await start(agent)
    for (const [index, [what]] of ODD_VALUES.entries()) channel.assign(`t${index}`, { payload: what })
    await eventually(() => agent.heldCount === ODD_VALUES.length)
    for (const index of ODD_VALUES.keys())
      channel.send({ type: 'task.canceled', taskId: `t${index}`, fencingToken: 1, reason: 'no use' })
    await eventually(() => aborted === ODD_VALUES.length)
    await turns()
    expect(agent.heldCount).toBe(0)
    expect(errors().every(isText)).toBe(true)
  })

  it.each(WAYS)('hears every message where its handler %s odd values', async (_way, run) => {
    const heard: string[] = []
    const odd = ({
      kind,
      isDurable,
      to,
      payload,
    }: Pick<ChannelFrameOf<'message'>, 'kind' | 'isDurable' | 'to' | 'payload'>) => {
      heard.push(`${kind} ${to.kind} ${String(isDurable)} ${String(payload)}`)
      return run(oddValue(payload))
    }
    const agent = newAgent().onMessage(odd)
    hub.answers.acknowledges.add('subscribe')
    const channel = await start(agent)
    await agent.subscribe('news', odd)
    for (const [payload] of ODD_VALUES) {
      channel.send(message({ payload }))
      channel.send(message({ payload, isDurable: true }))
      channel.send(message({ payload, kind: 'request', correlationId: 'c1' }))
      channel.send(message({ payload, to: { kind: 'topic', topic: 'news' } }))
    }
    await eventually(() => heard.length >= 4 * ODD_VALUES.length)
    await turns()
    expect(new Set(heard).size).toBe(4 * ODD_VALUES.length)
    expect(errors().every(isText)).toBe(true)
  })

  it.each(WAYS)('goes on where an observer %s odd values', async (_way, run) => {
    let told = 0
    const odd = () => run(ODD_VALUES[(told += 1) % ODD_VALUES.length]?.[1] ?? quiet) as undefined
    const agent = newAgent({ onNotice: odd, onDecision: odd }).handle('*', () => 'done')
    const channel = await start(agent)
    for (const [reason] of ODD_VALUES) channel.send({ type: 'drain', reason })
    channel.assign('t1')
    expect(await channel.frame('task.complete')).toMatchObject({ result: 'done' })
    expect(told).toBeGreaterThan(ODD_VALUES.length)
  })

  it.each(WAYS)('casts no ballot where onProposal %s odd values', async (_way, run) => {
    const asked: string[] = []
    const onProposal: NonNullable<SwarmAgentOptions['onProposal']> = ({ payload, signal }) => {
      asked.push(payload as string)
      signal.addEventListener('abort', () => run(oddValue(payload)))
      return run(oddValue(payload)) as null
    }
    const channel = await start(newAgent({ onProposal }))
    for (const [index, [payload]] of ODD_VALUES.entries())
      new ProposalScript(undefined, { id: `p-${index}`, payload }).open(channel)
    await eventually(() => asked.length === ODD_VALUES.length)
    await turns()
    expect(channel.frames.filter(({ type }) => type === 'consensus')).toEqual([])
    expect(errors().length).toBeGreaterThan(0)
    expect(errors().every(isText)).toBe(true)
  })

  it('tells of a progress note that is none, and sends the next one', async () => {
    let finish: () => void = () => undefined
    const promise = new Promise<void>((resolve) => (finish = resolve))
    const agent = newAgent().handle('*', async (_task, { progress }: TaskContext) => {
      const odd = progress as (ratio: unknown, message?: unknown) => void
      for (const [, make] of ODD_VALUES.filter(([what]) => what !== 'a rejected promise')) {
        odd(0.5, make() ?? {})
        odd(make())
      }
      progress(0.75, `${'x'.repeat(1_023)}\u{1f600}`)
      await promise
      return 'done'
    })
    const channel = await start(agent)
    channel.assign('t1')
    const isLast = (frame: { readonly type: string; readonly ratio?: number }): boolean =>
      frame.ratio === 0.75
    await eventually(() => channel.frames.some(isLast))
    finish()
    expect(await channel.frame('task.complete')).toMatchObject({ result: 'done' })
    const notes = channel.frames.flatMap((frame) => (frame.type === 'task.progress' ? [frame] : []))
    expect(notes.at(-1)).toMatchObject({ ratio: 0.75, message: 'x'.repeat(1_023) })
    expect(errors().length).toBeGreaterThan(0)
  })

  it.each(ODD_VALUES.filter(([what]) => what !== 'a rejected promise'))(
    'gives back and rejects with %s for a reason',
    async (_what, make) => {
      const agent = newAgent()
        .handle('busy', (_task, context) => context.release(make() as string))
        .handle('wrong', (_task, context) => context.reject(make() as string))
      const channel = await start(agent)
      channel.assign('t1', { type: 'busy' })
      channel.assign('t2', { type: 'wrong' })
      expect(typeof (await channel.frame('task.release')).reason).toBe('string')
      expect(await channel.frame('task.fail')).toMatchObject({ kind: 'reject' })
    },
  )
})

function oddValue(what: unknown): () => unknown {
  return ODD_VALUES.find(([name]) => name === what)?.[1] ?? (() => undefined)
}

/** Long enough for what was thrown to reach the process. */
async function turns(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve))
}

let made = 0

function message(changes: Partial<ChannelFrameOf<'message'>>): ChannelFrameOf<'message'> {
  return {
    type: 'message',
    messageId: `m-${(made += 1)}`,
    from: 'bob',
    to: { kind: 'agent', agentId: 'ada' },
    kind: 'message',
    payload: null,
    sentAt: '2026-01-01T12:00:00.000Z',
    isDurable: false,
    path: ['bob', 'ada'],
    topologyVersion: 1,
    ...changes,
  }
}
