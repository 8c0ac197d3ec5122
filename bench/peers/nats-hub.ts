import { findExecutable } from '../../test/helpers/find-executable.ts'
import { freePort } from '../../test/helpers/free-port.ts'
import { spawnProcess } from '../../test/helpers/process.ts'
import { cpuMicrosOf } from '../harness/cpu.ts'
import type { Hub } from './hub.ts'

/** Not among our dependencies: NATS takes part where somebody has installed it. */
export function natsServerPath(): string | undefined {
  return findExecutable('nats-server')
}

export async function startNatsHub(): Promise<Hub> {
  const executable = natsServerPath()
  if (executable === undefined) throw new Error('nats-server is not installed')
  const port = await freePort()
  const server = spawnProcess(executable, ['--addr', '127.0.0.1', '--port', String(port)])
  await server.waitForLine('Server is ready')
  return {
    url: `nats://127.0.0.1:${port}`,
    cpuMicros: () => cpuMicrosOf(server.pid),
    close: async () => void (await server.kill9()),
  }
}
