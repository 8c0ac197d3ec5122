import type { Scenario } from '../harness/scenario.ts'
import { hubContenders } from './hub-contenders.ts'

export const relay: Scenario = {
  name: 'relay',
  title: 'Relay, agent → hub → agent, 256-byte messages: one at a time, then saturated',
  metrics: [
    { name: 'p50', unit: 'µs', better: 'lower' },
    { name: 'p99', unit: 'µs', better: 'lower' },
    { name: 'rate', unit: 'msg/s', better: 'higher' },
    { name: 'hubCpu', unit: 'µs/msg', better: 'lower' },
  ],
  baseline: 'ws',
  bars: [{ contender: 'amos', metric: 'p50', of: 'ratio', limit: 1.1 }],
  contenders: hubContenders({ subscribers: 1, messages: 4_000, saturateMs: 1_500, inFlight: 512 }),
}
