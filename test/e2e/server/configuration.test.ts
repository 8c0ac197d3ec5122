import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { eventually } from '../../helpers/eventually.ts'
import { freePort } from '../../helpers/free-port.ts'
import { isProcessAlive, spawnProcess, spawnSource } from '../../helpers/process.ts'

const KEY = 'a-key-of-the-server-0123456789'
const keys = (key: string): string => JSON.stringify([{ name: 'ada', tenant: 'acme', roles: ['admin'], key }])

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'amos-config-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const ENTRIES = [
  { entry: 'src/main.ts', args: [] },
  { entry: 'src/cli/main.ts', args: ['serve'] },
]

describe.each(ENTRIES)('a server started by $entry', ({ entry, args }) => {
  it.each([
    ['a misspelt setting', { AMOS_APIKEYS: keys(KEY) }, 'the nearest one is AMOS_API_KEYS'],
    ['an empty setting', { AMOS_API_KEYS: '' }, 'AMOS_API_KEYS: text of at least'],
    ['a key file that is not there', { AMOS_API_KEYS: '/nowhere/keys.json' }, 'it does not exist'],
    ['keys that are no JSON', { AMOS_API_KEYS: `${keys(KEY)}]` }, 'API keys: not JSON'],
    ['one key for two callers', { AMOS_API_KEYS: twice(KEY) }, 'ada and eve have the same key'],
    ['an address others can reach, and no keys', { AMOS_HOST: '0.0.0.0' }, 'refusing to listen'],
  ])('ends with 78 and a sentence for %s', async (_, env, sentence) => {
    const server = spawnSource(entry, args, {
      env: { AMOS_PORT: '0', AMOS_DATA_DIR: join(folder, 'refused'), ...env },
    })
    const { code } = await server.exited
    expect(server.output).toContain(sentence)
    expect(server.output).not.toMatch(/^\s+at .*:\d+:\d+/m)
    expect(server.output).not.toContain(KEY)
    expect(code).toBe(78)
  })
})

describe('SIGHUP', () => {
  it('reads the key file again, ends what the old key opened, and never ends the server', async () => {
    const file = join(folder, 'keys.json')
    await writeFile(file, keys(KEY))
    const port = await freePort()
    const url = `http://127.0.0.1:${port}`
    const env = { AMOS_PORT: String(port), AMOS_DATA_DIR: join(folder, 'data'), AMOS_API_KEYS: file }
    const server = spawnSource('src/main.ts', [], { env })
    await server.waitForHttp(`${url}/health/ready`)
    const get = (key: string, headers: Record<string, string> = {}): Promise<Response> =>
      fetch(`${url}/v1/swarms/default/events`, { headers: { authorization: `Bearer ${key}`, ...headers } })
    const stream = await get(KEY, { accept: 'text/event-stream' })
    const newKey = `another-${KEY}`
    await writeFile(file, keys(newKey))
    server.child.kill('SIGHUP')
    await stream.text()
    expect((await get(KEY)).status).toBe(401)
    expect((await get(newKey)).status).toBe(200)

    await writeFile(file, '[]')
    server.child.kill('SIGHUP')
    await server.waitForLine('those of before stay valid')
    expect((await get(newKey)).status).toBe(200)
    expect((await get('')).status).toBe(401)
    await server.stop()
  })

  it('leaves a server alone that has no key file', async () => {
    const port = await freePort()
    const url = `http://127.0.0.1:${port}`
    const env = { AMOS_PORT: String(port), AMOS_DATA_DIR: join(folder, 'open') }
    const server = spawnSource('src/main.ts', [], { env })
    await server.waitForHttp(`${url}/health/ready`)
    server.child.kill('SIGHUP')
    await server.waitForLine('no API keys to reload')
    expect((await fetch(`${url}/health/ready`)).status).toBe(200)
    await server.stop()
  })
})

it('a server outlives the terminal that it was started from, and can still be ended', async () => {
  const dataDir = join(folder, 'orphaned')
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const command = `${process.execPath} --import tsx --conditions=source src/main.ts`
  const env = { AMOS_PORT: String(port), AMOS_DATA_DIR: dataDir }
  // `script` is the terminal: with it the server loses its output, and is hung up.
  const terminal = spawnProcess('script', ['-qfc', command, '/dev/null'], { env })
  await terminal.waitForHttp(`${url}/health/ready`)
  const pid = Number((await readFile(join(dataDir, 'node.lock'), 'utf8')).split(' ')[0])
  try {
    await terminal.kill9()
    // Its answer to the hang-up is a line that it cannot write.
    process.kill(pid, 'SIGHUP')
    const answers = await Promise.all([1, 2, 3].map(() => fetch(`${url}/health/ready`)))
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200])
    process.kill(pid, 'SIGTERM')
    await eventually(() => !isProcessAlive(pid))
  } finally {
    if (isProcessAlive(pid)) process.kill(pid, 'SIGKILL')
  }
})

function twice(key: string): string {
  const entry = { tenant: 'acme', roles: ['admin'], key }
  return JSON.stringify([
    { ...entry, name: 'ada' },
    { ...entry, name: 'eve', tenant: 'evil' },
  ])
}
