import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { PatternView } from '#contract/index.ts'
import { PATTERN_OPERATIONS } from '#contract/operations/pattern-operations.ts'
import { SWARM_OPERATIONS } from '#contract/operations/swarm-operations.ts'
import { SwarmAgent, SwarmClient } from '#sdk/index.ts'
import { ContractClient } from '../../helpers/contract-client.ts'
import { eventually } from '../../helpers/eventually.ts'
import { spawnSource } from '../../helpers/process.ts'
import { startTestNode, type TestNode } from '../../helpers/test-node.ts'

const { listPatterns, getPattern, acknowledgePattern, dismissPattern } = PATTERN_OPERATIONS
const { updateSwarm, getSwarm } = SWARM_OPERATIONS

/** Each command is a process that starts from source, on a machine that may be busy. */
const COMMANDS_MS = 180_000

const key = (name: string): string => `key-of-${name}-0123456789`
const KEYS = [
  { name: 'vera', tenant: 'acme', roles: ['viewer'] },
  { name: 'olga', tenant: 'acme', roles: ['admin'] },
  { name: 'eve', tenant: 'evil', roles: ['admin'] },
].map((entry) => ({ ...entry, key: key(entry.name) }))

describe('patterns, with agents on channels', () => {
  let node: TestNode
  let client: SwarmClient
  let folder: string
  const agents: SwarmAgent[] = []
  const as = (name: string): ContractClient => new ContractClient(node.url, key(name))

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'amos-patterns-'))
    node = await startTestNode({ AMOS_API_KEYS: JSON.stringify(KEYS) })
    client = new SwarmClient({ url: node.url, apiKey: key('olga') })
    for (const [agentId, other] of [
      ['ada', 'bob'],
      ['bob', 'ada'],
    ] as const) {
      const agent = new SwarmAgent({ url: node.url, apiKey: key('olga'), agentId, capabilities: [agentId] })
      agent.handle('ask', async (_task, { waitFor, signal }) => {
        waitFor([other])
        await new Promise((resolve) => signal.addEventListener('abort', resolve))
      })
      await agent.start()
      agents.push(agent)
    }
  })
  afterAll(async () => {
    await Promise.all(agents.map((agent) => agent.close()))
    await node.close()
    await rm(folder, { recursive: true, force: true })
  })

  const askBoth = () =>
    Promise.all(['ada', 'bob'].map((name) => client.submit({ type: 'ask', capabilities: [name] })))

  it('are noticed, named, listed by filters and reviewed', async () => {
    const tasks = await askBoth()
    const pattern = await eventually(async () => {
      const { patterns } = await client.patterns.list({ status: 'active' })
      expect(patterns).toHaveLength(1)
      return patterns[0]!
    })
    expect(pattern).toMatchObject({
      kind: 'wait_cycle',
      severity: 'high',
      pValue: 0,
      effect: 1,
      responses: [],
    })
    expect(pattern.agentIds.toSorted()).toEqual(['ada', 'bob'])
    expect(pattern.taskIds.toSorted()).toEqual(tasks.map(({ taskId }) => taskId).toSorted())
    const { events } = await client.readEvents({ since: String(pattern.evidence[0]! - 1), pageSize: 1 })
    expect(events).toMatchObject([{ type: 'amos.task.progress', sequence: pattern.evidence[0] }])
    for (const filter of [{ kind: 'wait_cycle' }, { severity: 'high' }, { agentId: 'ada' }] as const)
      expect((await client.patterns.list(filter)).patterns).toHaveLength(1)
    for (const filter of [
      { kind: 'herding' },
      { severity: 'low' },
      { agentId: 'nobody' },
      { status: 'ended' },
    ] as const)
      expect((await client.patterns.list(filter)).patterns).toEqual([])
    const { patternId } = pattern
    expect(await client.patterns.acknowledge(patternId, 'we look at it')).toMatchObject({
      review: { verdict: 'acknowledged', by: 'olga', note: 'we look at it' },
    })
    expect(await client.patterns.dismiss(patternId)).toMatchObject({ review: { verdict: 'dismissed' } })
    expect(await client.patterns.get(patternId)).toMatchObject({
      review: { verdict: 'dismissed' },
      status: 'active',
    })
    for (const { taskId } of tasks) await client.cancelTask(taskId)
    await eventually(async () => (await client.patterns.get(patternId)).status === 'ended')
  })

  it('are answered where the settings say so, and both tasks end', async () => {
    await client.updateSwarm({ patterns: { wait_cycle: { isResponding: true } } })
    const tasks = await askBoth()
    const failed = await eventually(async () => {
      const found = await Promise.all(tasks.map(({ taskId }) => client.getTask(taskId)))
      const task = found.find(({ status }) => status === 'failed')
      expect(task).toBeDefined()
      return task!
    })
    expect(failed.failure).toMatchObject({ code: 'wait_cycle' })
    const [pattern] = await eventually(async () => {
      const { patterns } = await client.patterns.list({ status: 'ended' })
      expect(patterns[0]?.responses).toMatchObject([{ action: 'fail_task', taskIds: [failed.taskId] }])
      return patterns
    })
    await eventually(async () => {
      const { events } = await client.readEvents({ since: '0', subject: pattern!.patternId })
      expect(events.map(({ type }) => type).toSorted()).toEqual([
        'amos.pattern.detected',
        'amos.pattern.ended',
        'amos.pattern.responded',
      ])
      return events
    })
    await client.updateSwarm({ patterns: { wait_cycle: { isResponding: false } } })
    for (const { taskId } of tasks) await client.cancelTask(taskId).catch(() => undefined)
  })

  it('are the same in an exported log, found offline by the command line', {
    timeout: COMMANDS_MS,
  }, async () => {
    const live = (await client.patterns.list()).patterns
    const log = join(folder, 'log.jsonl')
    await writeFile(log, await amos('events', '--jsonl'))
    const offline = JSON.parse(await amos('patterns', '--file', log, '--json')) as { patterns: PatternView[] }
    const told = ({ patternId, agentIds, evidence, status }: PatternView) => ({
      patternId,
      agentIds,
      evidence,
      status,
    })
    expect(offline.patterns.map(told)).toEqual(live.map(told))
    const listed = JSON.parse(await amos('patterns', '--json')) as { patterns: PatternView[] }
    expect(listed.patterns).toEqual(live)
    expect(await amos('patterns', 'show', live[0]!.patternId)).toContain('response  fail_task')
  })

  async function amos(...args: string[]): Promise<string> {
    const env = { AMOS_URL: node.url, AMOS_API_KEY: key('olga') }
    const command = spawnSource('src/cli/main.ts', args, { env })
    const { code } = await command.exited
    expect(code, command.output).toBe(0)
    return command.output
  }

  it('are read by viewers, reviewed by operators, and hidden from other tenants', async () => {
    const [pattern] = (await client.patterns.list()).patterns
    const params = { patternId: pattern!.patternId }
    expect((await as('vera').call(getPattern, { params })).status).toBe(200)
    for (const review of [acknowledgePattern, dismissPattern]) {
      expect((await as('vera').call(review, { params, body: {} })).status).toBe(403)
      expect((await as('eve').call(review, { params, body: {} })).body).toMatchObject({
        code: 'pattern_not_found',
      })
    }
    expect((await as('eve').call(getPattern, { params })).body).toMatchObject({ code: 'pattern_not_found' })
    expect((await as('eve').call(listPatterns, {})).body).toMatchObject({ patterns: [] })
  })

  it.each(['__proto__', 'x'.repeat(64), 'Ä', 'none'])('refuse the id %s', async (patternId) => {
    const { status, body } = await as('olga').call(getPattern, { params: { patternId } })
    expect([400, 404]).toContain(status)
    expect(body['code']).toMatch(/pattern_not_found|validation_failed|not_found/)
  })

  it.each([
    '{"herding":{"window":5}}',
    '{"herding":{"window":1e9}}',
    '{"herding":{"window":60.5}}',
    '{"herding":{"isEnabled":"yes"}}',
    '{"stampede":{"isEnabled":true}}',
    '{"constructor":{"isEnabled":false}}',
    '[]',
  ])('refuse the settings %s, and change nothing', async (text) => {
    const patterns: unknown = JSON.parse(text)
    const before = await as('olga').call(getSwarm, {})
    const { status } = await as('olga').call(updateSwarm, { body: { patterns } })
    expect(status).toBe(400)
    expect((await as('olga').call(getSwarm, {})).body).toEqual(before.body)
  })

  it('keep the settings that a change leaves out', async () => {
    const { patterns } = await client.updateSwarm({ patterns: { synchrony: { window: 50 } } })
    expect(patterns).toMatchObject({
      synchrony: { window: 50, isEnabled: true, isResponding: false },
      herding: { window: 60, isEnabled: true, isResponding: false },
    })
  })
})
