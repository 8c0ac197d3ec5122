import { describe, expect, it } from 'vitest'
import { nodeId, type Scope, type SwarmEpoch } from '#domain/model/ids.ts'
import { PAYLOAD_RECORDS } from '#domain/model/task-kinds.ts'
import { ManualClock } from '#simulation/manual-clock.ts'
import {
  createMemoryInfra,
  type MemoryInfra,
  type MemoryInfraOptions,
} from '#simulation/memory/memory-infra.ts'
import { MemoryMedium } from '#simulation/memory/memory-medium.ts'
import type { StepFault } from '#simulation/memory/memory-swarm-store.ts'
import { putNumber, sampleEvent } from '../../helpers/sample-records.ts'

const scope = 'acme/alpha' as Scope
const first = nodeId('first')
const second = nodeId('second')

function world() {
  const clock = new ManualClock()
  const medium = new MemoryMedium()
  const node = (options: MemoryInfraOptions): MemoryInfra => createMemoryInfra(options, { medium, clock })
  return { clock, medium, node }
}

async function claim(infra: MemoryInfra, sequenceFloor = 0): Promise<SwarmEpoch> {
  const outcome = await infra.coordination.claim(scope, sequenceFloor)
  if (!outcome.isHeld) throw new Error(`held by ${outcome.coordinatorId}`)
  return outcome.epoch
}

function write(infra: MemoryInfra, epoch: SwarmEpoch, value: number): Promise<unknown> {
  const step = { writes: [putNumber('a', value)], events: [sampleEvent('a')], ready: [], result: null }
  return infra.store.transact({ scope, epoch, keys: [], decide: () => step })
}

const valueOf = async (infra: MemoryInfra): Promise<string | undefined> =>
  (await infra.store.get(scope, { kind: PAYLOAD_RECORDS, id: 'a' }))?.value

describe('faults of the memory store', () => {
  it('fails before or after the commit, as told', async () => {
    const faults: (StepFault | undefined)[] = [undefined, { fail: 'before_commit' }, { fail: 'after_commit' }]
    const infra = world().node({ faultFor: () => faults.shift() })
    const epoch = await claim(infra)
    await write(infra, epoch, 1)
    await expect(write(infra, epoch, 2)).rejects.toMatchObject({ code: 'store_unavailable' })
    expect(await valueOf(infra)).toBe('1')
    await expect(write(infra, epoch, 3)).rejects.toMatchObject({ code: 'store_unavailable' })
    expect(await valueOf(infra)).toBe('3')
  })

  it('holds up what was asked behind a delayed step', async () => {
    const { clock, node } = world()
    const faults: (StepFault | undefined)[] = [{ delayMs: 100 }]
    const infra = node({ faultFor: () => faults.shift() })
    const epoch = await claim(infra)
    const answered: number[] = []
    void write(infra, epoch, 1).then(() => answered.push(1))
    void write(infra, epoch, 2).then(() => answered.push(2))
    await clock.advanceAsync(99)
    expect([answered, await valueOf(infra)]).toEqual([[], undefined])
    await clock.advanceAsync(1)
    expect([answered, await valueOf(infra)]).toEqual([[1, 2], '2'])
  })

  it('takes no writes while it is told to be unwritable, and says so', async () => {
    const infra = world().node({})
    const epoch = await claim(infra)
    infra.store.setUnwritable('disk full')
    expect(infra.store.status()).toMatchObject({ isWritable: false, reason: 'disk full' })
    await expect(write(infra, epoch, 1)).rejects.toMatchObject({ details: { reason: 'disk full' } })
    infra.store.setUnwritable(undefined)
    await write(infra, epoch, 1)
  })
})

describe('nodes that share a medium', () => {
  it('coordinates one at a time, and takes over from the dead 2 s later', async () => {
    const { clock, node } = world()
    const [one, two] = [node({ nodeId: first }), node({ nodeId: second })]
    const epoch = await claim(one)
    expect(await two.coordination.claim(scope, 0)).toEqual({ isHeld: false, coordinatorId: first })
    one.coordination.die()
    clock.advance(1_999)
    expect((await two.coordination.claim(scope, 0)).isHeld).toBe(false)
    clock.advance(1)
    expect(await claim(two)).toBeGreaterThan(epoch)
    await expect(write(one, epoch, 1)).rejects.toMatchObject({ code: 'not_coordinator' })
  })

  it('loses every claim and the newest writes when the medium is rewound', async () => {
    const { medium, node } = world()
    const infra = node({ nodeId: first })
    const lost: Scope[] = []
    infra.coordination.onLost((each) => lost.push(each))
    const epoch = await claim(infra)
    await write(infra, epoch, 1)
    const earlier = medium.copy()
    await write(infra, epoch, 2)
    medium.rewindTo(earlier)
    expect(lost).toEqual([scope])
    expect(await valueOf(infra)).toBe('1')
    const again = await claim(infra, 2)
    await write(infra, again, 3)
    expect((await infra.store.readEvents(scope, 0, 10)).events.map(({ sequence }) => sequence)).toEqual([
      1, 3,
    ])
  })
})
