import type { Protocol } from './harness/protocol.ts'
import { collective } from './protocols/collective.ts'
import { flocking } from './protocols/flocking.ts'
import { learning } from './protocols/learning.ts'
import { memory } from './protocols/memory.ts'
import { trails } from './protocols/trails.ts'

/** In the order in which they run and are printed, after the scenarios. */
export const PROTOCOLS: readonly Protocol[] = [flocking, trails, learning, collective, memory]
