import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { chromium } from 'playwright-core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { SwarmClient } from '#sdk/index.ts'
import { findExecutable } from '../helpers/find-executable.ts'
import { freePort } from '../helpers/free-port.ts'
import { type OwnedProcess, spawnProcess, spawnSource } from '../helpers/process.ts'
import { startTestNode, type TestNode } from '../helpers/test-node.ts'

const RUN_MS = 120_000

describe('the examples', { timeout: RUN_MS }, () => {
  let node: TestNode
  let client: SwarmClient
  let pagePort: number
  const running: OwnedProcess[] = []

  beforeEach(async () => {
    pagePort = await freePort()
    node = await startTestNode({ AMOS_ALLOWED_ORIGINS: `http://127.0.0.1:${pagePort}` })
    client = new SwarmClient({ url: node.url })
  })
  afterEach(async () => {
    await Promise.all(running.splice(0).map((process) => process.kill9()))
    await node.close()
  })

  function example(path: string, env: Record<string, string> = {}): OwnedProcess {
    const started = spawnSource(`examples/${path}`, [], { env: { AMOS_URL: node.url, ...env } })
    running.push(started)
    return started
  }

  it('tsp-trails: agent processes find a shorter round trip along trails than without', async () => {
    const program = example('tsp-trails/main.ts', { TSP_AGENTS: '2', TSP_ROUNDS: '12' })
    expect((await program.exited).code, program.output).toBe(0)
    const [, along = 0, without = 0] =
      /with trails +(\d+)[\s\S]*without trails +(\d+)/.exec(program.output)?.map(Number) ?? []
    expect(along).toBeGreaterThan(0)
    expect(without, program.output).toBeGreaterThan(along)
  })

  it('minimal: an agent greets whom a client names, a reader follows, and the agent leaves in order', async () => {
    const agent = example('minimal/agent.ts')
    await agent.waitForLine('greeter is ready', { timeoutMs: 60_000 })
    const [submit, follow] = [example('minimal/submit.ts'), example('minimal/follow-events.ts')]
    expect((await submit.exited).code, submit.output).toBe(0)
    expect(submit.output.split('\n').toSorted()).toEqual([
      'completed {"greeting":"Hello, Ada!"}',
      'completed {"greeting":"Hello, Grace!"}',
      'completed {"greeting":"Hello, everybody!"}',
    ])
    expect((await follow.exited).code, follow.output).toBe(0)
    expect(follow.output).toMatch(/to go on from here later: since \d+-\d+/)
    expect(await agent.stop()).toEqual({ code: 0, signal: null })
    expect(agent.output).toContain('greeter is closed')
  })

  it.each([
    ['docs/five-minutes.ts', ['{ sum: 6 }']],
    ['docs/consensus.ts', ["{ verdict: 'approved', option: 'approve' }", 'true']],
    ['docs/learning.ts', ['methods that are known 1', 'the round is open true']],
    ['docs/memory.ts', ['The heron nests in the oak.', '3', "[ { text: 'The heron nests in the oak.' } ]"]],
    [
      'docs/payloads.ts',
      [
        '{ amount: 12345678901234567000 }',
        '{"amount":12345678901234567890.10}',
        '{"amount":12345678901234567890.10}',
      ],
    ],
    ['docs/bids.ts', ['drawn']],
    ['docs/trails.ts', ['[ 0.69, 0.39 ]', 'true']],
    ['docs/pipeline.ts', ["{ text: 'idea > outline > draft > proofread' }"]],
    [
      'docs/messages.ts',
      [
        'finding {"file":"a.ts","line":3}',
        'dave got message {"pause":true}',
        'dave got message {"hello":"dave"}',
        'dave got message {"keep":"this"}',
        'dave got request {"question":"?"}',
        'reply {"answer":42}',
      ],
    ],
  ])('%s: prints what the document says', async (path, lines) => {
    const program = example(path)
    expect((await program.exited).code, program.output).toBe(0)
    expect(program.output.split('\n').filter((line) => line !== '')).toEqual(lines)
  })

  it('openai-agent: a model answers, and only failures that pass are tried again', async () => {
    const asked: unknown[] = []
    const model = await listen((body) => {
      asked.push(body)
      const isFirst = asked.length === 1
      const isOdd = JSON.stringify(body).includes('odd')
      if (isOdd) return { status: 400, answer: { error: { message: 'what?' } } }
      if (isFirst) return { status: 429, answer: { error: { message: 'slowly' } } }
      return {
        status: 200,
        answer: { choices: [{ message: { content: 'Because.' } }], usage: { total_tokens: 7 } },
      }
    })
    try {
      const agent = example('openai-agent/agent.ts', {
        OPENAI_BASE_URL: `${model.url}/v1`,
        OPENAI_MODEL: 'tiny',
      })
      await agent.waitForLine('answers with tiny', { timeoutMs: 60_000 })
      const submit = (prompt: string) =>
        client.submit({
          type: 'chat',
          capabilities: ['chat'],
          payload: { prompt },
          backoff: { baseMs: 10, factor: 1, maxMs: 10 },
        })
      const why = await client.waitForTask((await submit('Why?')).taskId, { timeoutMs: 60_000 })
      expect(why).toMatchObject({
        status: 'completed',
        attempt: 2,
        result: { model: 'tiny', answer: 'Because.', tokens: 7 },
        attempts: [{ outcome: 'failed', failure: { code: 'openai.429' } }, { outcome: 'completed' }],
      })
      expect(asked[1]).toEqual({ model: 'tiny', messages: [{ role: 'user', content: 'Why?' }] })
      const odd = await client.waitForTask((await submit('odd')).taskId, { timeoutMs: 60_000 })
      expect(odd).toMatchObject({ status: 'failed', attempt: 1, failure: { code: 'openai.400' } })
    } finally {
      model.server.close()
    }
  })

  it('openai-agent: says what it needs', async () => {
    const agent = spawnSource('examples/openai-agent/agent.ts', [], { env: { OPENAI_BASE_URL: undefined } })
    expect((await agent.exited).code).toBe(2)
    expect(agent.output).toContain('OPENAI_BASE_URL')
  })

  it('python-agent: counts words over plain HTTP, and leaves the swarm when told to', async () => {
    const agent = spawnProcess(requiredExecutable('python3'), ['examples/python-agent/agent.py'], {
      env: { AMOS_URL: node.url },
    })
    running.push(agent)
    await agent.waitForLine('python-counter is ready', { timeoutMs: 60_000 })
    const count = (payload: unknown) =>
      client.submit({ type: 'count-words', capabilities: ['count-words'], payload })
    const good = await client.waitForTask((await count({ text: 'to be or not to be' })).taskId, {
      timeoutMs: 60_000,
    })
    expect(good).toMatchObject({ status: 'completed', result: { words: 6, distinct: 4 } })
    const bad = await client.waitForTask((await count({ words: 1 })).taskId, { timeoutMs: 60_000 })
    expect(bad).toMatchObject({ status: 'failed', attempt: 1, failure: { code: 'bad_payload' } })
    expect((await client.getAgent('python-counter')).transport).toBe('http')
    expect(await agent.stop({ graceMs: 30_000 })).toEqual({ code: 0, signal: null })
    await expect(client.getAgent('python-counter')).rejects.toMatchObject({ code: 'agent_not_found' })
  })

  it('browser: a page submits a task, and shows its result and every event', async () => {
    const agent = example('minimal/agent.ts')
    const pages = example('browser/serve.ts', { PORT: String(pagePort) })
    await Promise.all([
      agent.waitForLine('greeter is ready', { timeoutMs: 60_000 }),
      pages.waitForLine('open http', { timeoutMs: 60_000 }),
    ])
    const browser = await chromium.launch({ executablePath: chromiumPath(), args: ['--no-sandbox'] })
    try {
      const page = await browser.newPage()
      const problems: string[] = []
      page.on('pageerror', (error) => problems.push(error.message))
      page.on('console', (message) => {
        if (message.type() === 'error' && !message.text().includes('favicon')) problems.push(message.text())
      })
      await page.goto(`http://127.0.0.1:${pagePort}/?amos=${encodeURIComponent(node.url)}`)
      await page.fill('#name', 'Chromium')
      await page.click('button')
      await page.waitForFunction(
        () => document.querySelector('output')?.value.startsWith('completed'),
        undefined,
        {
          timeout: 60_000,
        },
      )
      expect(await page.textContent('output')).toBe('completed: {"greeting":"Hello, Chromium!"}')
      await page.waitForFunction(() =>
        document.querySelector('#events')?.textContent?.includes('amos.task.completed'),
      )
      const numbers = (await page.locator('#events li').allTextContents()).map((text) =>
        Number(text.split(' ')[0]),
      )
      expect(numbers).toEqual(Array.from(numbers, (_, index) => numbers.length - index))
      expect(problems).toEqual([])
    } finally {
      await browser.close()
    }
  })
})

interface FakeAnswer {
  readonly status: number
  readonly answer: unknown
}

/** A server that speaks as much of the chat API as the example uses. */
async function listen(
  answer: (body: unknown) => FakeAnswer,
): Promise<{ readonly url: string; readonly server: Server }> {
  const server = createServer((request, response) => {
    let text = ''
    request.on('data', (chunk) => (text += String(chunk)))
    request.on('end', () => {
      const isChat = request.url === '/v1/chat/completions' && request.method === 'POST'
      const { status, answer: body } = isChat ? answer(JSON.parse(text)) : { status: 404, answer: {} }
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}

function chromiumPath(): string {
  const names = ['chromium', 'chromium-browser', 'google-chrome']
  const found =
    process.env['AMOS_CHROMIUM'] ||
    names.map((name) => findExecutable(name)).find((path) => path !== undefined)
  if (found === undefined)
    throw new Error(`none of ${names.join(', ')} is installed; see scripts/ensure-chromium.sh`)
  return found
}

function requiredExecutable(name: string): string {
  const found = findExecutable(name)
  if (found === undefined)
    throw new Error(`${name} is not installed, and an example needs it; see scripts/ensure-python.sh`)
  return found
}
