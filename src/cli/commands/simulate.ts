import type { Command } from 'commander'
import { strategySettings } from '#domain/model/strategy-settings.ts'
import { simulateDistribution } from '#simulation/distribution/simulate-distribution.ts'
import { SeededRandom } from '#simulation/seeded-random.ts'
import { readWorkload, speedsOf, type TraceOptions, withTraceOptions } from '../input/trace-options.ts'
import { createOutput } from '../output/output.ts'
import { renderDistribution } from '../output/render-distribution.ts'
import { wholeNumber } from '../server-options.ts'

interface SimulateOptions extends TraceOptions {
  readonly seed: number
  readonly json?: boolean
}

const HELP = `
Traces: Azure LLM, Alibaba GenAI, Alibaba GPU, Mooncake, or a CSV with the columns arrival_ms and work_ms and, where
wanted, type, priority, affinity_key, setup_key and setup_ms; .gz is unpacked. See docs/strategies.md.

Examples:
  amos simulate trace.csv --strategy work_stealing
  amos simulate trace.csv.gz --load 0.7 --speeds 1,1,2
  amos simulate trace.csv --batch --strategy '{"kind":"work_stealing","placement":"round_robin"}'`

export function addSimulate(program: Command): void {
  withTraceOptions(
    program.command('simulate').description('run a trace through a strategy, without a server'),
  )
    .argument('<trace>', 'the file of the trace')
    .option('--seed <number>', 'of the random draws', wholeNumber(0, 4_294_967_295), 1)
    .option('--json', 'JSON for scripts')
    .addHelpText('after', HELP)
    .action(async (path: string, options: SimulateOptions) => {
      const report = simulateDistribution({
        tasks: await readWorkload(path, options),
        agents: speedsOf(options).map((speed) => ({ speed, slots: 1 })),
        strategy: strategySettings(options.strategy),
        random: new SeededRandom(options.seed),
      })
      const output = createOutput(options)
      output.json(report)
      output.text(renderDistribution(report))
    })
}
