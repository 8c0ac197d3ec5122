import { type Command, InvalidArgumentError, Option } from 'commander'
import type { ScheduleView } from '#contract/schedule.ts'
import type { ScheduleInput } from '#sdk/client/schedules-client.ts'
import { readPages } from '../input/all-pages.ts'
import { parseJson } from '../input/parse-json.ts'
import { createOutput } from '../output/output.ts'
import { type Column, renderTable } from '../output/table.ts'
import { connect, type ServerOptions, wholeNumber, withServerOptions } from '../server-options.ts'

const HELP = `
Examples:
  amos schedules                                      all schedules
  amos schedules create nightly --cron '30 2 * * *' --zone Europe/Berlin --type report
  amos schedules create poll --every 60000 --type poll --payload '{"feed": 7}'
  amos schedules create launch --at 2027-01-01T00:00:00Z --type launch
  amos schedules run nightly                          now, besides its own times
  amos schedules pause nightly`

interface CreateOptions extends ServerOptions {
  readonly cron?: string
  readonly zone: string
  readonly every?: number
  readonly at?: string
  readonly type: string
  readonly capability?: readonly string[]
  readonly payload?: string
  readonly overlap: 'allow' | 'skip'
  readonly missed: 'skip' | 'run_once'
}

const COLUMNS: readonly Column<ScheduleView>[] = [
  { title: 'SCHEDULE', isWhole: true, value: ({ scheduleId }) => scheduleId },
  { title: 'WHEN', value: ({ timing }) => whenText(timing) },
  { title: 'TYPE', value: ({ taskType }) => taskType },
  { title: 'NEXT', value: ({ nextRunAt, isPaused }) => (isPaused ? 'paused' : (nextRunAt ?? '-')) },
  { title: 'RUNS', align: 'right', value: ({ runCount }) => String(runCount) },
  { title: 'SKIPPED', align: 'right', isOptional: true, value: ({ skippedCount }) => String(skippedCount) },
]

export function addSchedules(program: Command): void {
  const schedules = program
    .command('schedules')
    .description('list, create, pause, run and delete schedules')
    .addHelpText('after', HELP)
  withServerOptions(
    schedules.command('list', { isDefault: true }).description('list schedules (default)'),
  ).action(listSchedules)
  withServerOptions(schedules.command('create').description('submit a task by the clock'))
    .argument('<scheduleId>')
    .option('--cron <expression>', 'minute, hour, day, month and weekday; or seconds before them')
    .option('--zone <name>', 'time zone of the expression', 'UTC')
    .addOption(
      new Option('--every <ms>', 'interval, in milliseconds').argParser(wholeNumber(1_000, 366 * 86_400_000)),
    )
    .option('--at <time>', 'one time, RFC 3339')
    .requiredOption('--type <type>', 'type of the task')
    .option('--capability <name...>', 'capabilities that the task needs')
    .option('--payload <json>', 'payload of the task')
    .addOption(
      new Option('--overlap <policy>', 'where the last task is not over')
        .choices(['allow', 'skip'])
        .default('skip'),
    )
    .addOption(
      new Option('--missed <policy>', 'what to do about missed runs')
        .choices(['skip', 'run_once'])
        .default('skip'),
    )
    .action(async (scheduleId: string, options: CreateOptions) => {
      const { type, capability = [], payload, overlap, missed } = options
      const schedule = await connect(options).schedules.create({
        scheduleId,
        timing: timingOf(options),
        task: {
          type,
          capabilities: [...capability],
          ...(payload === undefined ? {} : { payload: parseJson(payload, '--payload') }),
        },
        overlap,
        missedRuns: missed,
      })
      show([schedule], options)
    })
  for (const action of ['pause', 'resume', 'run'] as const) {
    withServerOptions(schedules.command(action).description(`${action} a schedule`))
      .argument('<scheduleId>')
      .action(async (scheduleId: string, options: ServerOptions) => {
        show([await connect(options).schedules[action](scheduleId)], options)
      })
  }
  withServerOptions(schedules.command('delete').description('delete a schedule; its tasks stay'))
    .argument('<scheduleId>')
    .action(async (scheduleId: string, options: ServerOptions) => {
      await connect(options).schedules.delete(scheduleId)
      createOutput(options).text(`deleted ${scheduleId}`)
    })
}

function timingOf({ cron, zone, every, at }: CreateOptions): ScheduleInput['timing'] {
  const given = [cron, every, at].filter((value) => value !== undefined)
  if (given.length !== 1) throw new InvalidArgumentError('give one of --cron, --every and --at')
  if (cron !== undefined) return { kind: 'cron', expression: cron, timeZone: zone }
  return every === undefined ? { kind: 'once', at: at ?? '' } : { kind: 'interval', everyMs: every }
}

function whenText(timing: ScheduleView['timing']): string {
  if (timing.kind === 'cron') return `${timing.expression} ${timing.timeZone ?? 'UTC'}`
  return timing.kind === 'interval' ? `every ${timing.everyMs} ms` : `once at ${timing.at}`
}

async function listSchedules(options: ServerOptions): Promise<void> {
  const client = connect(options)
  const schedules = await readPages(
    (paging) => client.schedules.list(paging),
    (page) => page.schedules,
  )
  show(schedules, options)
}

function show(schedules: readonly ScheduleView[], options: ServerOptions): void {
  const output = createOutput(options)
  output.json({ schedules })
  output.text(schedules.length === 0 ? 'no schedules' : renderTable(COLUMNS, schedules))
}
