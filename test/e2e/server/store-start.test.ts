import { mkdir, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { bundle } from '../../helpers/chaos/bundle.ts'
import { freePort } from '../../helpers/free-port.ts'
import { type OwnedProcess, type ProcessExit, spawnProcess } from '../../helpers/process.ts'

const AMOS = 'src/cli/main.ts'
const SERVER = 'src/main.ts'
const OUTSIDE = ['lmdb', 'bullmq', '@fastify/swagger-ui', 'oxc-parser']
/** Several processes one after another, on a machine that may be busy. */
const STARTS_MS = 180_000
const READY = { timeoutMs: 40_000 }

describe('a server that cannot start', { timeout: STARTS_MS }, () => {
  let folder: string
  let started: OwnedProcess[]

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'amos-start-'))
    started = []
  })
  afterEach(async () => {
    for (const each of started) await each.kill9()
    await rm(folder, { recursive: true, force: true })
  })

  const run = async (
    entry: string,
    args: readonly string[],
    env: Record<string, string> = {},
  ): Promise<OwnedProcess> => {
    const program = await bundle(entry, { external: OUTSIDE })
    const child = spawnProcess(process.execPath, [program, ...args], { env: { AMOS_PORT: '0', ...env } })
    started.push(child)
    return child
  }
  const outcome = async (
    starting: Promise<OwnedProcess>,
  ): Promise<ProcessExit & { readonly output: string }> => {
    const child = await starting
    return { ...(await child.exited), output: child.output }
  }

  it.each([
    ['/proc/nope', 'there is no such path, and it cannot be made'],
    ['/etc/hostname', 'a part of the path is not a directory'],
    ['/etc/hostname/below', 'a part of the path is not a directory'],
    ['/proc/self', 'there is no such path, and it cannot be made'],
  ])('says in a sentence why %s is no data directory', async (dataDir, reason) => {
    const { code, output } = await outcome(run(AMOS, ['serve', '--data', dataDir]))
    expect(output.trim().split('\n')).toEqual([
      `amos: the data directory ${dataDir} cannot be used: ${reason}`,
    ])
    expect(code).toBe(73)
  })

  it('refuses a damaged store with a sentence, and the doctor says the same', async () => {
    const dataDir = join(folder, 'data')
    const first = await run(SERVER, [], { AMOS_DATA_DIR: dataDir })
    await first.waitForLine('listening', READY)
    await first.stop()
    const whole = await outcome(run(AMOS, ['doctor', '--verify', '--data', dataDir]))
    expect(whole.output).toContain('all match')
    expect(whole.code).toBe(0)

    await truncate(join(dataDir, 'swarm.mdb'), 20_000)
    for (const child of [
      run(SERVER, [], { AMOS_DATA_DIR: dataDir }),
      run(AMOS, ['serve', '--data', dataDir]),
      run(AMOS, ['doctor', '--data', dataDir]),
    ]) {
      const { code, signal, output } = await outcome(child)
      expect(output).toMatch(/^amos: the store in \S+ is damaged: [^\n]*$/m)
      expect({ code, signal }, output).toEqual({ code: 65, signal: null })
    }
    await rm(join(dataDir, 'swarm.mdb'))
    expect((await outcome(run(SERVER, [], { AMOS_DATA_DIR: dataDir }))).output).toContain(
      'swarm.mdb is missing',
    )
  })

  it('has the doctor name every record that does not match its checksum', async () => {
    const dataDir = join(folder, 'data')
    const port = await freePort()
    const server = await run(SERVER, [], { AMOS_DATA_DIR: dataDir, AMOS_PORT: String(port) })
    await server.waitForLine('listening', READY)
    const answer = await fetch(`http://127.0.0.1:${port}/v1/swarms/default/tasks`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ type: 'x', payload: 'a payload that is looked for' }),
    })
    const { taskId } = (await answer.json()) as { taskId: string }
    await server.stop()
    const path = join(dataDir, 'swarm.mdb')
    const bytes = await readFile(path)
    for (let at = bytes.indexOf('a payload that'); at !== -1; at = bytes.indexOf('a payload that', at))
      bytes[at] = 0x41
    await writeFile(path, bytes)

    const { code, output } = await outcome(run(AMOS, ['doctor', '--verify', '--data', dataDir, '--json']))
    const report = JSON.parse(output) as { damaged: unknown[] }
    expect(report.damaged).toEqual([{ scope: 'default/default', kind: 'payload', id: taskId }])
    expect(code).toBe(65)
  })

  it('does not coordinate before it has its port and its credentials', async () => {
    const occupied = createServer()
    await new Promise<void>((resolve) => occupied.listen(0, '127.0.0.1', resolve))
    const { port } = occupied.address() as { port: number }
    const dataDir = join(folder, 'data')
    const refused = await outcome(run(SERVER, [], { AMOS_DATA_DIR: dataDir, AMOS_PORT: String(port) }))
    expect(refused.output).toContain('EADDRINUSE')
    expect(refused.code).toBe(1)
    expect(refused.output).not.toContain('coordinat')
    await new Promise((resolve) => occupied.close(resolve))

    const untouched = join(folder, 'untouched')
    await mkdir(untouched)
    const keys = join(folder, 'keys.json')
    await writeFile(keys, '[{"name": "a"}]')
    for (const env of [
      { AMOS_API_KEYS: join(folder, 'none.json') },
      { AMOS_API_KEYS: keys },
      { AMOS_HOST: '0.0.0.0' },
    ]) {
      const { code, output } = await outcome(run(SERVER, [], { AMOS_DATA_DIR: untouched, ...env }))
      expect(output).toMatch(/AMOS_API_KEYS/)
      expect(code, output).toBe(78)
    }
    expect(await readdir(untouched)).toEqual([])
  })
})
