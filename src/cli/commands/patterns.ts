import type { Command } from 'commander'
import type { PatternView } from '#contract/index.ts'
import { PatternKind, PatternSeverity, PatternStatus } from '#contract/patterns.ts'
import type { PatternFilter } from '#sdk/index.ts'
import { readPages } from '../input/all-pages.ts'
import { detectorWindow } from '../input/detector-window.ts'
import { choiceOption } from '../input/filter-value.ts'
import { type FilePattern, patternsOfFile } from '../input/pattern-file.ts'
import { createOutput } from '../output/output.ts'
import { renderPattern, renderPatterns } from '../output/render-pattern.ts'
import { collect, connect, type ServerOptions, withServerOptions } from '../server-options.ts'

interface ListOptions extends ServerOptions {
  readonly kind?: PatternView['kind']
  readonly status?: PatternView['status']
  readonly severity?: PatternView['severity']
  readonly agent?: string
  readonly file?: string
  readonly window?: readonly string[]
}

interface ReviewOptions extends ServerOptions {
  readonly note?: string
}

const HELP = `
With --file the detectors read an exported log, and no server is needed. The log is one event a line, as
amos events --jsonl writes it; - is standard input.

Examples:
  amos patterns                                   what the swarm noticed, newest first
  amos patterns --status active --severity high
  amos patterns show 000000001234-ping-pong       agents, evidence and responses
  amos patterns dismiss 000000001234-ping-pong --note 'they check each other'
  amos events --jsonl > log.jsonl && amos patterns --file log.jsonl
  amos patterns --file log.jsonl --window herding=120 --kind herding`

export function addPatterns(program: Command): void {
  const patterns = program
    .command('patterns')
    .description('what the swarm notices in its own behavior')
    .addHelpText('after', HELP)
  withServerOptions(patterns.command('list', { isDefault: true }).description('list patterns (default)'))
    .addOption(choiceOption('--kind <kind>', 'only patterns of this kind', PatternKind))
    .addOption(choiceOption('--status <status>', 'only patterns in this state', PatternStatus))
    .addOption(choiceOption('--severity <severity>', 'only patterns of this severity', PatternSeverity))
    .option('--agent <agentId>', 'only patterns that name this agent')
    .option('--file <path>', 'look for patterns in an exported log instead')
    .option(
      '--window <kind=length>',
      'with --file: length of the window of a detector; may be repeated',
      collect,
    )
    .addHelpText('after', HELP)
    .action(listPatterns)
  withServerOptions(patterns.command('show').description('show a pattern'))
    .argument('<patternId>')
    .action(async (patternId: string, options: ServerOptions) => {
      show(await connect(options).patterns.get(patternId), options)
    })
  withServerOptions(patterns.command('acknowledge').description('note that an operator has seen the pattern'))
    .argument('<patternId>')
    .option('--note <text>', 'why')
    .action(async (patternId: string, options: ReviewOptions) => {
      show(await connect(options).patterns.acknowledge(patternId, options.note), options)
    })
  withServerOptions(
    patterns.command('dismiss').description('note that the pattern is no problem; responses end'),
  )
    .argument('<patternId>')
    .option('--note <text>', 'why')
    .action(async (patternId: string, options: ReviewOptions) => {
      show(await connect(options).patterns.dismiss(patternId, options.note), options)
    })
}

async function listPatterns(options: ListOptions): Promise<void> {
  const output = createOutput(options)
  const filter = filterOf(options)
  if (options.file !== undefined) {
    const report = await patternsOfFile(options.file, detectorWindow(options.window ?? []))
    const patterns = report.patterns.filter((pattern) => matches(pattern, filter)).toReversed()
    output.json({ ...report, patterns })
    const read = `${report.eventCount} events read, ${report.gapCount} gaps`
    output.text(patterns.length === 0 ? `no patterns (${read})` : `${renderPatterns(patterns)}\n\n${read}`)
    return
  }
  const client = connect(options)
  const patterns = await readPages(
    (paging) => client.patterns.list({ ...filter, ...paging }),
    (page) => page.patterns,
  )
  output.json({ patterns })
  output.text(patterns.length === 0 ? 'no patterns' : renderPatterns(patterns))
}

function filterOf({ kind, status, severity, agent }: ListOptions): PatternFilter {
  return {
    ...(kind === undefined ? {} : { kind }),
    ...(status === undefined ? {} : { status }),
    ...(severity === undefined ? {} : { severity }),
    ...(agent === undefined ? {} : { agentId: agent }),
  }
}

function matches(
  pattern: Pick<FilePattern, 'kind' | 'status' | 'severity' | 'agentIds'>,
  { kind, status, severity, agentId }: PatternFilter,
): boolean {
  return (
    (kind === undefined || pattern.kind === kind) &&
    (status === undefined || pattern.status === status) &&
    (severity === undefined || pattern.severity === severity) &&
    (agentId === undefined || pattern.agentIds.includes(agentId))
  )
}

function show(pattern: PatternView, options: ServerOptions): void {
  const output = createOutput(options)
  output.json(pattern)
  output.text(renderPattern(pattern))
}
