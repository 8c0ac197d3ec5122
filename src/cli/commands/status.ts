import type { Command } from 'commander'
import type { Readiness, ResourceReport, SwarmView } from '#contract/index.ts'
import { EXIT_CODES } from '#node/exit-codes.ts'
import { formatDuration } from '../output/durations.ts'
import { createOutput } from '../output/output.ts'
import { connect, type ServerOptions, withServerOptions } from '../server-options.ts'

const HELP = `
Ends with 1 where the server does not take work.

Examples:
  amos status
  amos status --json | jq .resources.queueDepth`

export function addStatus(program: Command): void {
  withServerOptions(program.command('status').description('how the server and its swarm are doing'))
    .addHelpText('after', HELP)
    .action(showStatus)
}

async function showStatus(options: ServerOptions): Promise<void> {
  const client = connect(options)
  const output = createOutput(options)
  const [readiness, swarm, resources] = await Promise.all([
    client.getReadiness(),
    client.getSwarm(),
    client.getResources(),
  ])
  output.json({ url: client.url, readiness, swarm, resources })
  output.text(renderStatus(client.url, readiness, swarm, resources))
  if (readiness.status !== 'ready') process.exitCode = EXIT_CODES.failed
}

/** What a line of 80 characters leaves beside the names. */
const TEXT_WIDTH = 68

function renderStatus(url: string, readiness: Readiness, swarm: SwarmView, report: ResourceReport): string {
  const { tasks, agents, totals } = report
  const phases = Object.entries(tasks).filter(([, count]) => count > 0)
  const lines = {
    server: `${url}, version ${readiness.version}`,
    readiness: [readiness.status.replace('_', ' '), ...readiness.reasons].join(': '),
    durability: `accepted work is ${readiness.durability}`,
    swarm: `${swarm.swarmId}, strategy ${swarm.strategy.kind}, leases of ${formatDuration(swarm.leaseMs)}`,
    tasks: [`${report.openTasks} open`, ...phases.map(([phase, count]) => `${count} ${phase}`)].join(', '),
    ...(report.waiting.length === 0 ? {} : { 'waits for': describeWaiting(report.waiting) }),
    since: describeTotals(totals),
    waits: describeDurations(report.wait),
    runs: describeDurations(report.run),
    agents: `${agents.online} online, ${agents.suspect} suspect, ${agents.draining} draining, ${agents.offline} offline`,
    breakers: `${agents.breakersOpen} open`,
    slots: `${report.slotsBusy} of ${report.slots} busy (${Math.round(report.utilisation * 100)} %)`,
  }
  return Object.entries(lines)
    .map(([name, text]) => `${name.padEnd(11)} ${wrapped(text)}`)
    .join('\n')
}

/** Between words, at the width of a terminal; what follows stands below the first line's text. */
function wrapped(text: string): string {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + word.length < TEXT_WIDTH)
      lines[lines.length - 1] = `${last} ${word}`
    else lines.push(word)
  }
  return lines.join(`\n${' '.repeat(12)}`)
}

/** Why ready tasks do not run, in one line. */
function describeWaiting(waiting: ResourceReport['waiting']): string {
  const shown = waiting.slice(0, 3).map(({ taskCount, message }) => `${taskCount} tasks: ${message}`)
  const more = waiting.length > 3 ? [`and ${waiting.length - 3} other reasons`] : []
  return [...shown, ...more].join('; ')
}

/** The counts that are not zero, and always the first. */
function describeTotals({ submitted, ...ended }: ResourceReport['totals']): string {
  const { retried, ...others } = ended
  const counts = Object.entries({ ...others, 'attempts repeated': retried }).filter(([, count]) => count > 0)
  return [`${submitted} submitted`, ...counts.map(([name, count]) => `${count} ${name}`)].join(', ')
}

function describeDurations({ count, p50Ms, p99Ms, maxMs }: ResourceReport['wait']): string {
  if (count === 0) return 'none yet'
  return `half within ${formatDuration(p50Ms)}, 99 % within ${formatDuration(p99Ms)}, longest ${formatDuration(maxMs)}`
}
