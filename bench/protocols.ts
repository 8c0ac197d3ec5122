import type { Protocol } from './harness/protocol.ts'
import { collective } from './protocols/collective.ts'
import { learning } from './protocols/learning.ts'

/** In the order in which they run and are printed, after the scenarios. */
export const PROTOCOLS: readonly Protocol[] = [learning, collective]
