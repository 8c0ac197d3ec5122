import { type Command, Option } from 'commander'
import type { ControlView } from '#contract/control.ts'
import { createOutput } from '../output/output.ts'
import { type Column, renderTable } from '../output/table.ts'
import { connect, type ServerOptions, wholeNumber, withServerOptions } from '../server-options.ts'

const TARGETS = `
A target is swarm, type:NAME, capability:NAME or key:NAME (a fairnessKey); key:* is each key apart.`

const LIMITS_HELP = `${TARGETS}

Examples:
  amos limits                                       all that is limited or paused
  amos limits set key:acme --concurrency 3
  amos limits set type:report --rate 10 --window 1000 --burst 20
  amos limits remove key:acme`

const PAUSE_HELP = `${TARGETS}

Examples:
  amos pause                                        the whole swarm
  amos pause type:report --reason 'printer broken'
  amos resume type:report`

interface SetOptions extends ServerOptions {
  readonly concurrency?: number
  readonly rate?: number
  readonly window: number
  readonly burst?: number
}

const COLUMNS: readonly Column<ControlView>[] = [
  { title: 'TARGET', isWhole: true, value: ({ target }) => target },
  { title: 'CONCURRENCY', align: 'right', value: ({ concurrencyMax }) => String(concurrencyMax ?? '-') },
  { title: 'RATE', align: 'right', value: ({ rate }) => rateText(rate) },
  {
    title: 'PAUSED',
    value: ({ pausedSince, pauseReason }) => (pausedSince === undefined ? '-' : (pauseReason ?? '')),
  },
]

const count = wholeNumber(1, 1_000_000)

/** `amos limits`, `amos pause` and `amos resume`. */
export function addControls(program: Command): void {
  const limits = program
    .command('limits')
    .description('list, set and lift concurrency and rate limits')
    .addHelpText('after', LIMITS_HELP)
  withServerOptions(
    limits.command('list', { isDefault: true }).description('list limits and pauses (default)'),
  ).action(async (options: ServerOptions) => show((await connect(options).controls.list()).controls, options))
  withServerOptions(limits.command('set').description('set the limits of a target, in place of those before'))
    .argument('<target>')
    .addOption(
      new Option('--concurrency <count>', 'tasks that agents may hold at once').argParser(
        wholeNumber(0, 1_000_000),
      ),
    )
    .addOption(new Option('--rate <count>', 'starts in each window').argParser(count))
    .addOption(
      new Option('--window <ms>', 'window of the rate, in milliseconds')
        .argParser(wholeNumber(1, 86_400_000))
        .default(1_000),
    )
    .addOption(new Option('--burst <count>', 'most starts at once; the rate by default').argParser(count))
    .action(async (target: string, options: SetOptions) => {
      const { concurrency, rate, window, burst } = options
      const control = await connect(options).controls.set({
        target,
        ...(concurrency === undefined ? {} : { concurrencyMax: concurrency }),
        ...(rate === undefined
          ? {}
          : { rate: { count: rate, windowMs: window, ...(burst === undefined ? {} : { burst }) } }),
      })
      show([control], options)
    })
  withServerOptions(limits.command('remove').description('lift all limits and the pause of a target'))
    .argument('<target>')
    .action(async (target: string, options: ServerOptions) => {
      await connect(options).controls.remove(target)
      createOutput(options).text(`no limits on ${target}`)
    })
  withServerOptions(program.command('pause').description('start no tasks of a target until it is resumed'))
    .argument('[target]', 'what to pause', 'swarm')
    .option('--reason <text>', 'why, for people')
    .addHelpText('after', PAUSE_HELP)
    .action(async (target: string, options: ServerOptions & { readonly reason?: string }) => {
      show([await connect(options).controls.pause(target, options.reason)], options)
    })
  withServerOptions(program.command('resume').description('end a pause'))
    .argument('[target]', 'what to resume', 'swarm')
    .addHelpText('after', PAUSE_HELP)
    .action(async (target: string, options: ServerOptions) => {
      show([await connect(options).controls.resume(target)], options)
    })
}

function rateText(rate: ControlView['rate']): string {
  if (rate === undefined) return '-'
  const { count, windowMs, burst } = rate
  return `${count} per ${windowMs} ms${burst === undefined ? '' : `, burst ${burst}`}`
}

function show(controls: readonly ControlView[], options: ServerOptions): void {
  const output = createOutput(options)
  output.json({ controls })
  output.text(controls.length === 0 ? 'nothing is limited or paused' : renderTable(COLUMNS, controls))
}
