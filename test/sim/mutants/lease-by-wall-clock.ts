import { monotonicMs } from '#domain/model/ids.ts'
import { HONEST, type Variant } from '#simulation/variant.ts'

/** Times leases, graces and timeouts by the clock on the wall, which anybody may set. */
export const LEASE_BY_WALL_CLOCK: Variant = {
  ...HONEST,
  clock: (clock, own) => ({
    now: () => clock.now(),
    monotonic: () => monotonicMs(own.now()),
    setTimer: (delayMs, callback) => clock.setTimer(delayMs, callback),
  }),
}
