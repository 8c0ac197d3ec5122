import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { isSwarmError } from '#domain/model/errors.ts'
import { jsonText, swarmId, swarmScope, tenantId } from '#domain/model/ids.ts'
import { PAYLOAD_RECORDS } from '#domain/model/task-kinds.ts'
import { put, type RecordWrite, remove } from '#domain/ports/records.ts'
import { createEmbeddedInfra } from '#infra/embedded/create-embedded-infra.ts'
import type { Infra } from '#infra/infra.ts'
import { StoreRefusedError } from '#infra/store-refused-error.ts'
import { createPinoLogger } from '#infra/system/pino-logger.ts'
import { SystemClock } from '#infra/system/system-clock.ts'
import { dataOf } from '../../helpers/event-data.ts'
import { sampleEvent } from '../../helpers/sample-records.ts'

// A process that looks through stores which may be damaged: should one end it, the test is another process.

/** What a child finds in one store; each kind of loss has a name. */
export interface Inspection {
  readonly name: string
  /** The sentence of a store that is not opened. */
  readonly refused?: string
  /** Content that is not what was written, and not called damaged either; empty where all is well. */
  readonly wrong: readonly string[]
  readonly damagedCount: number
}

/** Looks through every store in the folder and says what it finds as JSON, a line each. */
async function inspectAll(folder: string): Promise<void> {
  for (const name of readdirSync(folder).toSorted()) {
    process.stdout.write(`looking ${name}\n`)
    process.stdout.write(`found ${JSON.stringify(await inspect(join(folder, name), name))}\n`)
  }
  process.stdout.write('closed\n')
}

async function inspect(dataDir: string, name: string): Promise<Inspection> {
  const logger = createPinoLogger({ level: 'silent', fileDescriptor: 2 })
  let infra: Infra
  try {
    infra = await createEmbeddedInfra({ dataDir, durability: 'synced' }, { clock: new SystemClock(), logger })
  } catch (error) {
    if (!(error instanceof StoreRefusedError))
      return { name, wrong: [`not opened: ${String(error)}`], damagedCount: 0 }
    return { name, refused: error.message, wrong: [], damagedCount: 0 }
  }
  const wrong: string[] = []
  await inspectRecords(infra, wrong)
  await inspectEvents(infra, wrong)
  await inspectWrites(infra, wrong)
  const { damagedCount = 0 } = infra.store.status()
  await infra.close()
  return { name, wrong, damagedCount }
}

/** What `writeSample` leaves: every step one record and one event, and every fifth record removed again. */
export const SAMPLE_STEPS = 400
export const isRemovedStep = (step: number): boolean => step % 5 === 0
export const fillerOf = (step: number): string => `${step} `.repeat(step % 11 === 0 ? 2_000 : 20)

async function inspectRecords({ store }: Infra, wrong: string[]): Promise<void> {
  const steps = Array.from({ length: SAMPLE_STEPS }, (_, index) => index + 1).filter(
    (step) => !isRemovedStep(step),
  )
  for (const step of steps) {
    const expected = JSON.stringify(fillerOf(step))
    const found = await store.get(sampleScope, { kind: PAYLOAD_RECORDS, id: sampleId(step) }).then(
      (record) => record?.value ?? 'nothing',
      (error: unknown) => (isSwarmError(error, 'record_damaged') ? expected : String(error)),
    )
    if (found !== expected) wrong.push(`record ${step}: ${found.slice(0, 60)}`)
  }
  for (const openOnly of [false, true]) {
    let damaged = 0
    const listed = await store.list({
      scope: sampleScope,
      kind: PAYLOAD_RECORDS,
      countMax: 10 * SAMPLE_STEPS,
      openOnly,
      onDamaged: () => {
        damaged += 1
      },
    })
    const strangers = listed.filter(
      ({ key, value }) => value !== JSON.stringify(fillerOf(Number(key.id.slice(2)))),
    )
    if (strangers.length > 0) wrong.push(`list has ${strangers[0]?.key.id}`)
    if (listed.length + damaged < steps.length) wrong.push(`list has ${listed.length} and ${damaged} damaged`)
  }
}

async function inspectEvents({ store }: Infra, wrong: string[]): Promise<void> {
  const seen = new Set<number>()
  for (let after = 0; after < SAMPLE_STEPS; ) {
    const page = await store.readEvents(sampleScope, after, 100).catch((error: unknown) => {
      if (!isSwarmError(error, 'record_damaged')) wrong.push(`events: ${String(error)}`)
      return undefined
    })
    if (page === undefined) return
    const { events, damaged = [] } = page
    for (const event of events) {
      const { sequence, data } = event
      seen.add(sequence)
      if (dataOf(event, 'step') !== sequence) wrong.push(`event ${sequence}: ${JSON.stringify(data)}`)
    }
    for (const { fromSequence, toSequence } of damaged)
      for (let each = fromSequence; each <= toSequence; each += 1) seen.add(each)
    const next = Math.max(events.at(-1)?.sequence ?? 0, damaged.at(-1)?.toSequence ?? 0)
    if (next <= after) break
    after = next
  }
  for (let sequence = 1; sequence <= SAMPLE_STEPS; sequence += 1)
    if (!seen.has(sequence)) wrong.push(`event ${sequence} is passed over`)
}

async function inspectWrites(infra: Infra, wrong: string[]): Promise<void> {
  try {
    await writeSample(infra, 10_001, 20)
  } catch (error) {
    if (!isSwarmError(error)) wrong.push(`write: ${String(error)}`)
  }
}

const sampleScope = swarmScope(tenantId('acme'), swarmId('sample'))
const sampleId = (step: number): string => `t-${String(step).padStart(6, '0')}`

/** Writes steps, one after another, so that the pages of the database are used, freed and used again. */
export async function writeSample(infra: Infra, first: number, count: number): Promise<void> {
  const claim = await infra.coordination.claim(sampleScope, 0)
  if (!claim.isHeld) throw new Error('somebody else coordinates')
  for (let step = first; step < first + count; step += 1) {
    const writes: RecordWrite[] = [
      put(PAYLOAD_RECORDS, sampleId(step), jsonText(JSON.stringify(fillerOf(step))), { isOpen: true }),
    ]
    if (isRemovedStep(step - 1)) writes.push(remove(PAYLOAD_RECORDS, sampleId(step - 1)))
    await infra.store.transact({
      scope: sampleScope,
      epoch: claim.epoch,
      keys: [],
      decide: () => ({
        writes,
        events: [sampleEvent(sampleId(step), { data: { step } })],
        ready: [],
        result: null,
      }),
    })
  }
}

const [, self, folder] = process.argv
if (self !== undefined && /store-inspector\.(?:ts|mjs)$/.test(self) && folder !== undefined) {
  await inspectAll(folder)
}
