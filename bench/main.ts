import { parseArgs } from 'node:util'
import { describeMachine } from './harness/machine.ts'
import {
  type Protocol,
  type ProtocolResult,
  protocolToJson,
  renderProtocol,
  runProtocol,
} from './harness/protocol.ts'
import { type Run, renderMachine, renderResult, toJson } from './harness/report.ts'
import { runScenario, type ScenarioResult } from './harness/run.ts'
import { type Effort, FULL, QUICK, type Scenario } from './harness/scenario.ts'
import { PROTOCOLS } from './protocols.ts'
import { SCENARIOS } from './scenarios.ts'

const HELP = `Measures AMOS Swarm beside its peers, side by side in one run.

  npm run bench                     every scenario, a few minutes
  npm run bench -- --quick          fewer and shorter rounds: a first look, not a figure to quote
  npm run bench -- --only relay     one scenario or protocol; repeat it or separate names with commas
  npm run bench -- --only intelligence-learning --seeds 1,2,3   a protocol, with these seeds
  npm run bench -- --json           one JSON object on standard output, progress on standard error
  npm run bench -- --list           the names of the scenarios

Each contender runs in processes of its own. After a warm-up they take turns, round by round; a figure is
the median of its rounds, and × is the median of its ratio to the baseline in the same round. A missed bar
is reported and is no failure. A protocol asks whether a mechanism has its effect: a figure is the mean over
its seeds, beside its bar and the figure with the mechanism off. Data is read from AMOS_DATASETS or
../shared/data; a protocol without its data says so. Exit codes: 0 measured, 1 a contender failed, 2 wrong usage.`

// Through the exit handlers, which end the processes of the contenders.
process.once('SIGINT', () => process.exit(130))
// Also what a contender that failed to open has left behind.
process.exit(await main())

async function main(): Promise<number> {
  const options = readOptions()
  if (typeof options === 'string') {
    console.error(options)
    return 2
  }
  if (options.isHelp) console.log(HELP)
  else if (options.isList)
    console.log(
      [...SCENARIOS, ...PROTOCOLS].map(({ name, title }) => `${name.padEnd(26)}${title}`).join('\n'),
    )
  else return measure(options)
  return 0
}

async function measure({ scenarios, protocols, seeds, effort, isJson }: Options): Promise<number> {
  const startedAt = new Date().toISOString()
  const machine = describeMachine()
  if (!isJson) console.log(`${renderMachine(machine)}\n`)
  const results: ScenarioResult[] = []
  for (const scenario of scenarios) {
    const result = await runScenario(scenario, effort, (step) => console.error(`  … ${step}`))
    if (!isJson) console.log(`\n${renderResult(result)}\n`)
    results.push(result)
  }
  const answers: ProtocolResult[] = []
  for (const protocol of protocols) {
    const onProgress = (step: string): void => console.error(`  … ${protocol.name}: ${step}`)
    const answer = await runProtocol(protocol, { seeds, isQuick: effort === QUICK, onProgress })
    if (!isJson) console.log(`\n${renderProtocol(answer)}\n`)
    answers.push(answer)
  }
  const run: Run = { startedAt, effort, machine, results }
  if (!isJson) console.log(`load at the end ${describeMachine().load.toFixed(2)}`)
  if (isJson)
    console.log(JSON.stringify({ ...toJson(run), protocols: answers.map(protocolToJson) }, undefined, 2))
  const hasFailed =
    answers.some(({ status }) => status === 'failed') ||
    results.some(({ contenders }) => contenders.some(({ status }) => status === 'failed'))
  return hasFailed ? 1 : 0
}

interface Options {
  readonly isHelp: boolean
  readonly isList: boolean
  readonly isJson: boolean
  readonly effort: Effort
  readonly seeds: readonly number[]
  readonly scenarios: readonly Scenario[]
  readonly protocols: readonly Protocol[]
}

/** The options, or what is wrong with them. */
function readOptions(): Options | string {
  try {
    const { values } = parseArgs({
      options: {
        only: { type: 'string', multiple: true, default: [] },
        seeds: { type: 'string', default: '1,2,3' },
        quick: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        list: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    })
    const names = values.only.flatMap((list) => list.split(','))
    const unknown = names.filter((name) => ![...SCENARIOS, ...PROTOCOLS].some((known) => known.name === name))
    if (unknown.length > 0) return `no scenario ${unknown.join(', ')}; see npm run bench -- --list`
    const seeds = values.seeds.split(',').map(Number)
    if (!seeds.every((seed) => Number.isSafeInteger(seed) && seed >= 0)) return 'seeds are whole numbers'
    const isWanted = ({ name }: { readonly name: string }): boolean =>
      names.length === 0 || names.includes(name)
    return {
      isHelp: values.help,
      isList: values.list,
      isJson: values.json,
      effort: values.quick ? QUICK : FULL,
      seeds,
      scenarios: SCENARIOS.filter(isWanted),
      protocols: PROTOCOLS.filter(isWanted),
    }
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
