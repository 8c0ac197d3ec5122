/**
 * A time that respects causality: the wall clock, a counter for what happens within one millisecond or under a clock
 * that is behind, and the replica, which breaks ties. Compared place by place.
 */
export type HybridStamp = readonly [wallMs: number, logical: number, replica: string]

/** The newest stamp that a replica has made or seen, without the replica. */
export interface HybridClockState {
  readonly wallMs: number
  readonly logical: number
}

export const HYBRID_CLOCK_START: HybridClockState = { wallMs: 0, logical: 0 }

/** Above it the counter moves into the milliseconds, so that both stay exact integers. */
const LOGICAL_MAX = 1_000_000

/**
 * The stamp of a local event. It is greater than every stamp that the state has made or seen, whatever the wall clock says.
 *
 * Hybrid logical clock: Kulkarni, Demirbas, Madeppa, Avva, Leone, "Logical Physical Clocks" (2014), figure 5, "send or
 * local event".
 */
export function tickClock(
  state: HybridClockState,
  nowMs: number,
  replica: string,
): readonly [HybridClockState, HybridStamp] {
  const next = nowMs > state.wallMs ? { wallMs: nowMs, logical: 0 } : advance(state)
  return [next, [next.wallMs, next.logical, replica]]
}

/** Figure 5, "receive event": the next local stamp will be greater than the one received. */
export function witnessStamp(state: HybridClockState, [wallMs, logical]: HybridStamp): HybridClockState {
  const isNewer = wallMs > state.wallMs || (wallMs === state.wallMs && logical > state.logical)
  return isNewer ? { wallMs, logical } : state
}

/** Negative where `a` is older. 0 only for the same stamp. */
export function compareStamps(a: HybridStamp, b: HybridStamp): number {
  return a[0] - b[0] || a[1] - b[1] || compareText(a[2], b[2])
}

export function compareText(a: string, b: string): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}

function advance({ wallMs, logical }: HybridClockState): HybridClockState {
  return logical < LOGICAL_MAX ? { wallMs, logical: logical + 1 } : { wallMs: wallMs + 1, logical: 0 }
}
