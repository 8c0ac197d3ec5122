import type { Scenario } from '../harness/scenario.ts'
import { hubContenders } from './hub-contenders.ts'

export const fanOut: Scenario = {
  name: 'fan-out',
  title: 'Fan-out, 1 → hub → 100, 256-byte messages: until the last has it, then saturated',
  metrics: [
    { name: 'p50', unit: 'µs', better: 'lower' },
    { name: 'p99', unit: 'µs', better: 'lower' },
    { name: 'rate', unit: 'deliveries/s', better: 'higher' },
    { name: 'hubCpu', unit: 'µs/delivery', better: 'lower' },
  ],
  baseline: 'ws',
  bars: [{ contender: 'amos', metric: 'hubCpu', of: 'value', limit: 1 }],
  contenders: hubContenders({ subscribers: 100, messages: 400, saturateMs: 1_500, inFlight: 64 }),
}
