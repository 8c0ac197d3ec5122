import { isSwarmError } from '#domain/model/errors.ts'
import { swarmId, swarmScope, tenantId } from '#domain/model/ids.ts'
import { PAYLOAD_RECORDS } from '#domain/model/task-kinds.ts'
import type { Durability } from '#domain/ports/swarm-store.ts'
import { createEmbeddedInfra } from '#infra/embedded/create-embedded-infra.ts'
import type { Infra } from '#infra/infra.ts'
import { endProcess } from '#infra/system/end-process.ts'
import { createPinoLogger } from '#infra/system/pino-logger.ts'
import { SystemClock } from '#infra/system/system-clock.ts'
import { putNumber, sampleEvent } from '../helpers/sample-records.ts'

// A process that the crash tests start, watch through its standard output, and kill.

/** Every step writes these two records, equal to its number, and one event. */
export const crashScope = swarmScope(tenantId('acme'), swarmId('crash'))
export const leftId = (step: number): string => `left-${String(step).padStart(6, '0')}`
export const rightId = (step: number): string => `right-${String(step).padStart(6, '0')}`

const STEPS_AT_ONCE = 40

type Say = (line: string) => void

async function main(dataDir: string, durability: Durability, command: string): Promise<void> {
  const say: Say = (line) => void process.stdout.write(`${line}\n`)
  const modules = {
    clock: new SystemClock(),
    logger: createPinoLogger({ level: 'silent', fileDescriptor: 2 }),
  }
  const failure = { reason: undefined as string | undefined }
  const onFailed = (reason: string): void => {
    failure.reason = reason
  }
  const infra = await createEmbeddedInfra({ dataDir, durability }, { ...modules, onFailed })
  if (command === 'hold') hold(say)
  else if (command === 'fill') await fillDisk(infra, say)
  else if (command === 'faults') await writeUntilFailed(infra, say, failure)
  else await writeSteps(infra, say, Number(command))
}

/** Keeps the data directory until it is killed. */
function hold(say: Say): void {
  setInterval(() => undefined, 60_000)
  say('holding')
}

/** Says `ack n` once step n is answered. Ends by being killed. */
async function writeSteps(infra: Infra, say: Say, count: number): Promise<void> {
  const write = await writer(infra)
  let next = 0
  const work = async (): Promise<void> => {
    while (next < count) {
      next += 1
      const step = next
      await write(step, '')
      say(`ack ${step}`)
    }
  }
  say('ready')
  await Promise.all(Array.from({ length: STEPS_AT_ONCE }, work))
  say('done')
}

/** Writes until refused, then until accepted again, with a look at the status after each step; all of it said. */
async function fillDisk(infra: Infra, say: Say): Promise<void> {
  const write = await writer(infra)
  say('ready')
  const filler = JSON.stringify('x'.repeat(20_000))
  for (let step = 1, isRefused = false; ; step += 1) {
    const startedAt = performance.now()
    const outcome = await write(step, filler).then(
      () => 'ack',
      (error: unknown) =>
        isSwarmError(error, 'store_unavailable') ? 'refused' : `broken by ${String(error)}`,
    )
    const ms = Math.round(performance.now() - startedAt)
    const { isWritable } = infra.store.status()
    say(`${outcome} ${step} after ${ms} ms, then ${isWritable ? 'writable' : 'unwritable'}`)
    const { lastSequence } = await infra.store.readEvents(crashScope, 0, 1)
    say(`reads ${lastSequence}`)
    if (isRefused && outcome === 'ack') break
    isRefused ||= outcome === 'refused'
    if (isRefused) await new Promise((resolve) => setTimeout(resolve, 50))
  }
  await infra.close()
  say('closed')
}

/** Exit code of a child whose store has failed. */
export const FAILED_EXIT_CODE = 74
const FAULTY_STEPS = 600

/**
 * Writes as `writeSteps`, until all is written or the store has failed; looks then whether reads and writes are
 * refused, and ends as a server does.
 */
async function writeUntilFailed(
  infra: Infra,
  say: Say,
  failure: { reason: string | undefined },
): Promise<void> {
  const write = await writer(infra)
  let next = 0
  let acknowledged = 0
  const work = async (): Promise<void> => {
    while (acknowledged < FAULTY_STEPS && failure.reason === undefined) {
      next += 1
      const step = next
      // Of all sizes: in a page with others, and in pages of its own.
      const filler = 'x'.repeat(step % 7 === 0 ? 30_000 : 20)
      try {
        await write(step, filler)
        acknowledged += 1
        say(`ack ${step}`)
      } catch (error) {
        const isRefused = isSwarmError(error, 'store_unavailable')
        say(isRefused ? `refused ${step} (${error.details.reason})` : `broken by ${String(error)}`)
        await new Promise((resolve) => setTimeout(resolve, 5))
      }
    }
  }
  say('ready')
  await Promise.all(Array.from({ length: 8 }, work))
  if (failure.reason === undefined) {
    await infra.close()
    say('closed')
    return
  }
  say(`failed: ${failure.reason}; ${infra.store.status().isWritable ? 'writable' : 'unwritable'}`)
  const calls: Record<string, () => Promise<unknown>> = {
    get: () => infra.store.get(crashScope, { kind: PAYLOAD_RECORDS, id: leftId(1) }),
    list: () => infra.store.list({ scope: crashScope, kind: PAYLOAD_RECORDS, countMax: 1 }),
    events: () => infra.store.readEvents(crashScope, 0, 1),
    write: () => write(FAULTY_STEPS + 1, ''),
  }
  for (const [name, call] of Object.entries(calls)) {
    const isRefused = await call().then(
      () => false,
      (error: unknown) => isSwarmError(error, 'store_unavailable'),
    )
    say(`${name} ${isRefused ? 'is refused' : 'broken: it was answered'}`)
  }
  await infra.close()
  say('closed')
  endProcess(FAILED_EXIT_CODE)
}

async function writer(infra: Infra): Promise<(step: number, filler: string) => Promise<unknown>> {
  const claim = await infra.coordination.claim(crashScope, 0)
  if (!claim.isHeld) throw new Error('somebody else coordinates')
  return (step, filler) =>
    infra.store.transact({
      scope: crashScope,
      epoch: claim.epoch,
      keys: [],
      decide: () => ({
        writes: [putNumber(leftId(step), step), putNumber(rightId(step), step)],
        events: [sampleEvent(leftId(step), { data: { step, filler } })],
        ready: [],
        result: null,
      }),
    })
}

const [, self, dataDir, durability, command] = process.argv
if (
  self !== undefined &&
  /embedded-child\.(?:ts|mjs)$/.test(self) &&
  dataDir !== undefined &&
  command !== undefined
) {
  await main(dataDir, durability as Durability, command)
}
