import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { bundle } from '../helpers/chaos/bundle.ts'
import { type DiskFault, DiskFaults } from '../helpers/disk-faults/disk-faults.ts'
import { eventually } from '../helpers/eventually.ts'
import { freePort } from '../helpers/free-port.ts'
import { type OwnedProcess, spawnProcess } from '../helpers/process.ts'

/** See `src/cli/exit-codes.ts`. */
const STORE_FAILED = 74
const READY = { timeoutMs: 40_000 }
const CLIENTS = 4

let dataDir: string
let faults: DiskFaults
let server: OwnedProcess | undefined
let url: string

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'amos-disk-failure-'))
  faults = new DiskFaults()
})
afterEach(async () => {
  await server?.kill9()
  faults.close()
  rmSync(dataDir, { recursive: true, force: true })
})

async function start(durability: string, env: Readonly<Record<string, string>>): Promise<OwnedProcess> {
  const program = await bundle('src/main.ts', { external: ['lmdb', 'bullmq', '@fastify/swagger-ui'] })
  const port = await freePort()
  url = `http://127.0.0.1:${port}`
  const settings = {
    AMOS_PORT: String(port),
    AMOS_DATA_DIR: dataDir,
    AMOS_DURABILITY: durability,
    AMOS_LOG_LEVEL: 'warn',
  }
  server = spawnProcess(process.execPath, [program], { env: { ...settings, ...env } })
  await server.waitForHttp(`${url}/health/ready`, READY)
  return server
}

interface Answer {
  readonly status: number
  readonly body: { readonly taskId?: string; readonly code?: string; readonly tasks?: readonly unknown[] }
}

/** Undefined where nothing answers any more. */
async function ask(path: string, body?: object): Promise<Answer | undefined> {
  const request = { signal: AbortSignal.timeout(10_000), headers: { 'content-type': 'application/json' } }
  const send = body === undefined ? request : { ...request, method: 'POST', body: JSON.stringify(body) }
  try {
    const response = await fetch(`${url}${path}`, send)
    return { status: response.status, body: (await response.json()) as Answer['body'] }
  } catch {
    return undefined
  }
}

/** Submits and reads until nothing answers, and notes what was accepted and whatever else was wrong. */
async function workUntilGone(accepted: string[], wrong: string[]): Promise<void> {
  let isFailing = false
  for (;;) {
    const submitted = await ask('/v1/swarms/default/tasks', { type: 'x', payload: 'x'.repeat(500) })
    if (submitted === undefined) return
    if (submitted.status === 201) {
      accepted.push(submitted.body.taskId ?? '')
      if (isFailing) wrong.push('accepted after a refusal')
    } else if (submitted.status === 503) isFailing = true
    else wrong.push(`submit: ${submitted.status} ${submitted.body.code}`)
    const listed = await ask('/v1/swarms/default/tasks?pageSize=1')
    if (listed === undefined) return
    const hasSome = listed.status === 200 && listed.body.tasks?.length === 1
    if (!hasSome && listed.status !== 503) wrong.push(`list: ${listed.status} ${JSON.stringify(listed.body)}`)
    if (listed.status === 200 && isFailing) wrong.push('read after a refusal')
  }
}

const FAULTS: readonly DiskFault[] = [
  { call: 'metaSyncWrite', error: 'EIO' },
  { call: 'metaWrite', error: 'EIO' },
  { call: 'sync', error: 'EIO' },
  { call: 'dataWrite', error: 'ENOSPC' },
]

describe.each(['synced', 'committed'])('a server whose disk fails, %s', (durability) => {
  it.each(FAULTS)(
    'refuses everything after $error on $call, ends in order and has all it accepted',
    async (fault) => {
      const failing = await start(durability, faults.env)
      const accepted: string[] = []
      const wrong: string[] = []
      const clients = Array.from({ length: CLIENTS }, () => workUntilGone(accepted, wrong))
      await eventually(() => accepted.length > 20, { timeoutMs: 30_000 })
      faults.arm(fault)
      const exit = await failing.exited
      await Promise.all(clients)
      expect(faults.failedCount, failing.output).toBe(1)
      expect(wrong).toEqual([])
      expect(exit, failing.output).toEqual({ code: STORE_FAILED, signal: null })
      expect(failing.output).toMatch(/^amos: the store failed: .*; the process ends, to be started again$/m)

      await start(durability, {})
      const lost: string[] = []
      for (const taskId of accepted) {
        const found = await ask(`/v1/swarms/default/tasks/${taskId}`)
        if (found?.status !== 200) lost.push(`${taskId}: ${found?.status}`)
      }
      expect(lost).toEqual([])
    },
  )
})
