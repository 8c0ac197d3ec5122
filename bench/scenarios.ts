import type { Scenario } from './harness/scenario.ts'
import { fanOut } from './scenarios/fan-out.ts'
import { relay } from './scenarios/relay.ts'
import { taskLatency100, taskLatency1000 } from './scenarios/task-latency.ts'
import { taskThroughput } from './scenarios/task-throughput.ts'

/** In the order in which they run and are printed. */
export const SCENARIOS: readonly Scenario[] = [relay, fanOut, taskLatency100, taskLatency1000, taskThroughput]
