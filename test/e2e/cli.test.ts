import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { rawJson, SwarmAgent, SwarmClient } from '#sdk/index.ts'
import { AWKWARD_PAYLOADS } from '../helpers/awkward-payloads.ts'
import { eventually } from '../helpers/eventually.ts'
import { freePort } from '../helpers/free-port.ts'
import { type OwnedProcess, spawnProcess, spawnSource } from '../helpers/process.ts'

const AMOS = 'src/cli/main.ts'
const AMOS_COMMAND = `exec "${process.execPath}" --import tsx --conditions=source ${AMOS}`
/** Each command is a process that starts from source, on a machine that may be busy. */
const COMMANDS_MS = 180_000

describe('the command line', { timeout: COMMANDS_MS }, () => {
  let folder: string
  let url: string
  let server: OwnedProcess
  let agent: SwarmAgent

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'amos-cli-'))
    const port = await freePort()
    url = `http://127.0.0.1:${port}`
    server = spawnSource(AMOS, ['serve', '--port', String(port), '--data', join(folder, 'data')])
    await server.waitForLine(`listening on ${url}`)
    agent = new SwarmAgent({ url, agentId: 'ada', capabilities: ['echo', 'fail'] })
    agent.handle('echo', ({ payload }) => payload)
    agent.handle('exact', ({ payloadText }) => rawJson(payloadText))
    agent.handle('fail', (_task, { reject }) => reject('never'))
    await agent.start()
  })
  afterAll(async () => {
    await agent.close()
    await server.kill9()
    await rm(folder, { recursive: true, force: true })
  })

  async function amos(...args: string[]): Promise<{ readonly code: number | null; readonly output: string }> {
    const command = spawnSource(AMOS, args, { env: { AMOS_URL: url } })
    const { code } = await command.exited
    return { code, output: command.output }
  }

  async function amosJson<T>(...args: string[]): Promise<T> {
    const { output, code } = await amos(...args, '--json')
    expect(code, output).toBe(0)
    return JSON.parse(output) as T
  }

  it('submits a task, waits for it and shows it', async () => {
    const submitted = await amosJson<{ tasks: { taskId: string; result: unknown }[] }>(
      'submit',
      'echo',
      '--capability',
      'echo',
      '--payload',
      '{"n": 1}',
      '--priority',
      '1',
      '--wait',
    )
    expect(submitted.tasks).toMatchObject([
      { type: 'echo', priority: 1, status: 'completed', result: { n: 1 } },
    ])
    const { taskId } = submitted.tasks[0] ?? { taskId: '' }
    expect((await amos('tasks')).output).toContain(taskId)
    expect((await amos('tasks', 'show', taskId)).output).toContain('attempt   1: ada, completed after')
    const decision = await amosJson<{ agentId: string }>('tasks', 'show', taskId, '--decision')
    expect(decision).toMatchObject({ taskId, agentId: 'ada', strategy: 'least_loaded' })
    const events = await amosJson<{ events: { type: string }[] }>(
      'events',
      '--since',
      '0',
      '--subject',
      taskId,
    )
    expect(events.events.map(({ type }) => type)).toEqual([
      'amos.task.submitted',
      'amos.task.assigned',
      'amos.task.completed',
    ])
  })

  it('submits a file of tasks, and cancels and repeats one', async () => {
    const path = join(folder, 'tasks.json')
    await writeFile(
      path,
      JSON.stringify([
        { type: 'nobody', capabilities: ['none'] },
        { type: 'nobody', capabilities: ['none'] },
      ]),
    )
    const { tasks } = await amosJson<{ tasks: { taskId: string }[] }>('submit', '--file', path)
    expect(tasks).toHaveLength(2)
    const { taskId } = tasks[0] ?? { taskId: '' }
    expect(await amosJson('tasks', 'cancel', taskId, 'no use')).toMatchObject({ taskId, status: 'canceled' })
    expect(await amosJson('tasks', 'retry', taskId)).toMatchObject({ retryOf: taskId, status: 'submitted' })
  })

  it('sends and shows payloads and results as they were written, and refuses what is not UTF-8', async () => {
    const path = join(folder, 'awkward.json')
    const texts = [...AWKWARD_PAYLOADS.values()]
    const list = texts.map((text) => `{"type":"exact","capabilities":["echo"],"payload":${text}}`)
    await writeFile(path, `[${list.join(',')}]`)
    // To a file: what is read line by line loses which line breaks there were.
    const shownPath = join(folder, 'shown.json')
    const toFile = spawnProcess('sh', [
      '-c',
      `${AMOS_COMMAND} submit --file ${path} --wait --json --url ${url} > ${shownPath}`,
    ])
    expect((await toFile.exited).code, toFile.output).toBe(0)
    const output = await readFile(shownPath, 'utf8')
    for (const text of texts) {
      expect(output.includes(`"payload": ${text}`), text).toBe(true)
      expect(output.includes(`"result": ${text}`), text).toBe(true)
    }
    const payload = '{"n":1e400,"m":9007199254740993,"\ufffd":-0}'
    const shown = await amos('submit', 'exact', '-c', 'echo', '--payload', payload, '--wait')
    expect(shown.output).toContain(`payload   ${payload}\nresult    ${payload}`)
    const proposed = await amos('propose', 'exact?', '--id', 'exact', '--payload', payload, '--json')
    expect(proposed.output).toContain(`"payload": ${payload}`)

    await writeFile(path, Buffer.from('[{"type":"exact","payload":"caf\xe9"}]', 'latin1'))
    const damaged = await amos('submit', '--file', path)
    expect(damaged).toMatchObject({ code: 2 })
    expect(damaged.output).toContain('not valid UTF-8')
    // A shell writes the bytes: Node would encode them.
    const line = `${AMOS_COMMAND} send "$(printf '"caf\\351"')" --all --url ${url}`
    const command = spawnProcess('sh', ['-c', line])
    expect((await command.exited).code).toBe(2)
    expect(command.output).toContain('arguments: the text is not valid UTF-8')
  })

  it('says how the server and its agents are', async () => {
    const { code, output } = await amos('status')
    expect(code).toBe(0)
    expect(output).toContain(url)
    expect(output).toContain('1 online')
    expect(await amosJson('status')).toMatchObject({
      readiness: { status: 'ready' },
      swarm: { swarmId: 'default' },
    })
    expect(await amosJson('agents')).toMatchObject({ agents: [{ agentId: 'ada', status: 'online' }] })
  })

  it('follows events, one a line, until it is interrupted', async () => {
    const following = spawnSource(
      AMOS,
      ['events', '--follow', '--since', '0', '--type', 'amos.agent.*', '--json'],
      {
        env: { AMOS_URL: url },
      },
    )
    await following.waitForLine('amos.agent.online')
    following.child.kill('SIGINT')
    expect((await following.exited).code).toBe(0)
    const types = following.output.split('\n').map((line) => (JSON.parse(line) as { type: string }).type)
    expect(types.slice(0, 2)).toEqual(['amos.agent.registered', 'amos.agent.online'])
  })

  it('puts something to the vote, votes, and verifies the decision', async () => {
    const proposed = await amosJson<{ proposalId: string; electorateHash: string }>(
      'propose',
      'Which colour?',
      '--id',
      'colour',
      '--option',
      'red',
      '--option',
      'green',
      '--voter',
      'ada',
    )
    expect(proposed).toMatchObject({ proposalId: 'colour', status: 'open' })
    expect((await amos('vote', 'colour', 'green', '--as', 'ada', '--reason', 'it is')).code).toBe(0)
    const { electorateHash } = proposed
    const decided = await eventually(async () => {
      const answer = await amosJson<{ status: string }>('decision', 'colour')
      return answer.status === 'decided' && answer
    })
    expect(decided).toMatchObject({ outcome: { verdict: 'approved', option: 'green' } })
    const verified = await amos('decision', 'colour', '--verify', electorateHash)
    expect(verified).toMatchObject({
      code: 0,
      output: expect.stringContaining('VALID: approved: green') as string,
    })
    expect((await amos('decision', 'colour', '--verify', 'f'.repeat(64))).code).toBe(1)
    const file = join(folder, 'decision.json')
    await writeFile(file, JSON.stringify(decided))
    expect((await amos('verify', file, '--trust', electorateHash)).code).toBe(0)
    expect((await amos('proposals', '--status', 'decided')).output).toContain('Which colour?')
    expect((await amos('proposals', 'show', 'colour')).output).toContain('the server')
    expect((await amos('propose', 'x', '--threshold', 'most')).code).toBe(2)
    expect((await amos('leader')).output).toContain('nobody leads')
  })

  it('ends with a code that says what went wrong', async () => {
    const failed = await amos('submit', 'fail', '--capability', 'fail', '--wait')
    expect(failed.code, failed.output).toBe(1)
    expect((await amos('tasks', 'show', 'no-such-task')).code).toBe(1)
    expect((await amos('submit', 'echo', '--priority', '9')).code).toBe(2)
    expect((await amos('submit', 'echo', '--payload', '{')).code).toBe(2)
    expect((await amos('status', '--url', 'nonsense')).code).toBe(2)
    const unreachable = await amos('status', '--url', `http://127.0.0.1:${await freePort()}`)
    expect(unreachable.code).toBe(3)
    expect(unreachable.output).toContain('amos serve')
    const config = spawnSource(AMOS, ['serve'], { env: { AMOS_LEASE_MS: 'soon' } })
    expect((await config.exited).code).toBe(78)
    const open = await amos('serve', '--host', '0.0.0.0', '--port', '0', '--data', join(folder, 'other'))
    expect(open.code, open.output).toBe(78)
  })

  it.each([
    ['tasks', '--status', 'complete'],
    ['tasks', '--phase', 'waiting'],
    ['tasks', '--type', 'two words'],
    ['tasks', '--agent', 'Ada Lovelace'],
    ['agents', '--status', 'busy'],
    ['agents', '--label', 'team'],
    ['agents', '--capability', ''],
    ['proposals', '--status', 'closed'],
    ['events', '--type', 'task.failed'],
    ['events', '--subject', 'Ada Lovelace'],
    ['topology', 'switch', 'star'],
  ])('refuses a wrong value before it asks the server: %s %s %s', async (...args) => {
    const refused = await amos(...args)
    expect(refused.code, refused.output).toBe(2)
    expect(refused.output).toMatch(/Allowed choices are|Expected/)
  })

  it('prints the id of a task before it waits for the result', async () => {
    const { output } = await amos('submit', 'echo', '--capability', 'echo', '--wait')
    const [first = ''] = output.split('\n')
    expect(output.split('\n').slice(1).join('\n')).toContain(`task      ${first}`)
  })

  it('creates, lists, changes and deletes a swarm', async () => {
    expect(await amosJson('swarms', 'create', 'lab', '--description', 'trials')).toMatchObject({
      swarmId: 'lab',
      description: 'trials',
    })
    expect(await amosJson('swarms', 'update', 'lab', '--lease', '60000')).toMatchObject({ leaseMs: 60_000 })
    expect((await amos('swarms')).output).toContain('trials')
    expect((await amos('swarms', 'delete', 'lab')).code).toBe(0)
    expect(await amosJson('swarms')).toMatchObject({ swarms: [{ swarmId: 'default' }] })
  })

  it('drains an agent, gives it tasks again, and pardons it', async () => {
    expect(await amosJson('agents', 'drain', 'ada')).toMatchObject({ isDraining: true })
    expect(await amosJson('agents', 'undrain', 'ada')).toMatchObject({ isDraining: false })
    expect((await amos('agents', 'pardon', 'ada')).code).toBe(0)
  })

  it('lists and acknowledges the durable messages of an agent', async () => {
    const client = new SwarmClient({ url })
    await client.registerAgent({ agentId: 'bob' })
    const { messageId } = await amosJson<{ messageId: string }>(
      'send',
      '{"note": "kept"}',
      '--to',
      'bob',
      '--durable',
    )
    expect((await amos('inbox', 'bob')).output).toContain('{"note": "kept"}')
    expect(await amosJson('inbox', 'acknowledge', 'bob', messageId)).toEqual({ acknowledgedCount: 1 })
    expect((await amos('inbox', 'bob')).output).toContain('no messages')
    await client.deregisterAgent('bob')
  })

  it('prints tables of at most 80 characters a line, with whole identifiers', async () => {
    const agentId = `agent-${'x'.repeat(40)}`
    const type = `type-${'y'.repeat(60)}`
    const client = new SwarmClient({ url })
    await client.registerAgent({
      agentId,
      capabilities: Array.from({ length: 20 }, (_, index) => ({ name: `capability-${index}` })),
    })
    const { taskId } = await client.submit({ type, capabilities: ['capability-0'] })
    await client.claimTasks(agentId, { countMax: 1 })
    for (const [command, id] of [
      [['tasks'], taskId],
      [['agents'], agentId],
      [['status'], 'default'],
    ] as const) {
      const { output } = await amos(...command)
      expect(output).toContain(id)
      expect(Math.max(...output.split('\n').map(({ length }) => length))).toBeLessThanOrEqual(80)
    }
    await client.cancelTask(taskId)
    await client.deregisterAgent(agentId)
  })

  it('explains itself', async () => {
    const { code, output } = await amos('--help')
    expect(code).toBe(0)
    for (const word of ['serve', 'submit', 'tasks', 'agents', 'events', 'status', 'Exit codes', '78']) {
      expect(output).toContain(word)
    }
    expect((await amos('submit', '--help')).output).toContain('Examples:')
  })

  it('drains a server at SIGTERM, and ends with 0', async () => {
    const port = await freePort()
    const draining = spawnSource(AMOS, ['serve', '--port', String(port), '--data', join(folder, 'draining')])
    await draining.waitForLine('listening on')
    expect(await draining.stop()).toEqual({ code: 0, signal: null })
    await eventually(() => !draining.isRunning)
  })
})
