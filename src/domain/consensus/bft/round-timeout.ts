export type RoundStep = 'propose' | 'prevote' | 'precommit'

/** Longest wait in any round. */
const TIMEOUT_MS_MAX = 5_000

/** The first wait and what each round adds: enough rounds make it longer than any delay the network really has. */
const TIMEOUTS = {
  propose: { firstMs: 150, addedMs: 100 },
  prevote: { firstMs: 75, addedMs: 75 },
  precommit: { firstMs: 75, addedMs: 75 },
} as const satisfies Record<RoundStep, { firstMs: number; addedMs: number }>

/** The paper's timeoutPropose(r), timeoutPrevote(r) and timeoutPrecommit(r). */
export function roundTimeoutMs(step: RoundStep, round: number): number {
  const { firstMs, addedMs } = TIMEOUTS[step]
  return Math.min(firstMs + addedMs * round, TIMEOUT_MS_MAX)
}
