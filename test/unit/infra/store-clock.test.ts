import { describe, expect, it } from 'vitest'
import { type EpochMs, epochMs } from '#domain/model/ids.ts'
import { StoreClock } from '#infra/system/store-clock.ts'
import { ManualClock } from '#simulation/manual-clock.ts'
import { MemoryLogger } from '#simulation/memory/memory-logger.ts'

const STORE_BEGAN_AT = Date.UTC(2030, 0, 1)

/** A store whose clock can be set, and that answers after a while. */
class Store {
  readonly clock: ManualClock
  setByMs = 0
  upMs = 0
  downMs = 0
  isDown = false

  constructor(clock: ManualClock) {
    this.clock = clock
  }

  get time(): EpochMs {
    return epochMs(STORE_BEGAN_AT + this.clock.monotonic() + this.setByMs)
  }

  readonly readTime = async (): Promise<EpochMs> => {
    if (this.isDown) throw new Error('the store is down')
    await this.#wait(this.upMs)
    const { time } = this
    await this.#wait(this.downMs)
    return time
  }

  async #wait(ms: number): Promise<void> {
    if (ms > 0) await new Promise<void>((resolve) => this.clock.setTimer(ms, resolve))
  }
}

const start = async (change: Partial<Pick<Store, 'upMs' | 'downMs'>> = {}) => {
  const clock = new ManualClock()
  const store = Object.assign(new Store(clock), change)
  const logger = new MemoryLogger()
  const storeClock = new StoreClock({ clock, logger, readTime: store.readTime })
  const started = storeClock.start()
  await clock.advanceAsync(1_000)
  await started
  const errorMs = (): number => Math.abs(storeClock.now() - store.time)
  return { clock, store, storeClock, logger, errorMs }
}

describe("the store's clock", () => {
  it('tells the time of the store, whatever the wall clock of the machine says', async () => {
    const { errorMs } = await start()
    expect(errorMs()).toBeLessThanOrEqual(1)
  })

  it('is wrong by half of the round trip at most', async () => {
    const { errorMs } = await start({ upMs: 80, downMs: 0 })
    expect(errorMs()).toBeLessThanOrEqual(41)
  })

  it('believes the quickest answers most', async () => {
    const { clock, store, errorMs } = await start()
    store.upMs = 300
    for (let reading = 0; reading < 10; reading += 1) await clock.advanceAsync(1_300)
    expect(errorMs()).toBeLessThanOrEqual(2)
  })

  it('follows a store whose clock is set, and says so', async () => {
    const { clock, store, logger, errorMs } = await start({ upMs: 20, downMs: 20 })
    store.setByMs = -3_600_000
    await clock.advanceAsync(3_000)
    expect(errorMs()).toBeLessThanOrEqual(21)
    expect(logger.lines.filter(({ level }) => level === 'warn')).toHaveLength(1)
  })

  it('goes on while the store is away', async () => {
    const { clock, store, storeClock, errorMs } = await start()
    store.isDown = true
    await clock.advanceAsync(600_000)
    expect(errorMs()).toBeLessThanOrEqual(1)
    storeClock.stop()
  })
})
