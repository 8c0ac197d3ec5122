import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

const READY_WITHIN_MS = 30_000
const STOPPED_WITHIN_MS = 30_000

/**
 * Starts a server once, on a free port and an empty data folder, waits until it says it is ready, uses it, and stops it
 * as an operator would.
 *
 * @throws Error when it does not become ready, or does not end with exit code 0 after SIGTERM.
 */
export async function checkServer(
  command: readonly [string, ...string[]],
  options: { readonly cwd: string; readonly env: NodeJS.ProcessEnv },
  useServer: (baseUrl: string) => void | Promise<void> = () => undefined,
): Promise<void> {
  const [file, ...args] = command
  const dataDir = await mkdtemp(join(tmpdir(), 'amos-check-'))
  const port = await freePort()
  const child = spawn(file, args, {
    cwd: options.cwd,
    env: { ...options.env, AMOS_HOST: '127.0.0.1', AMOS_PORT: String(port), AMOS_DATA_DIR: dataDir },
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  const ended = once(child, 'exit')
  try {
    const baseUrl = `http://127.0.0.1:${port}`
    await waitUntilReady(`${baseUrl}/health/ready`, child)
    await useServer(baseUrl)
    child.kill('SIGTERM')
    await Promise.race([ended, sleep(STOPPED_WITHIN_MS, undefined, { ref: false })])
    if (child.exitCode !== 0) throw new Error(`after SIGTERM the server ${describeEnd(child)}`)
  } finally {
    child.kill('SIGKILL')
    await rm(dataDir, { recursive: true, force: true })
  }
}

async function waitUntilReady(url: string, child: ChildProcess): Promise<void> {
  const deadline = Date.now() + READY_WITHIN_MS
  while (Date.now() < deadline) {
    if (child.exitCode !== null || child.signalCode !== null)
      throw new Error(`the server ${describeEnd(child)}`)
    // Refused until it listens, 503 until the store is open.
    const answer = await fetch(url).catch(() => undefined)
    if (answer?.status === 200) return
    await sleep(50)
  }
  throw new Error(`the server was not ready within ${READY_WITHIN_MS} ms`)
}

function describeEnd({ exitCode, signalCode }: ChildProcess): string {
  if (signalCode !== null) return `was killed by ${signalCode}`
  return exitCode === null
    ? `was still running after ${STOPPED_WITHIN_MS} ms`
    : `ended with exit code ${exitCode}`
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('no port was given')
  return address.port
}
