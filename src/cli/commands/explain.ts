import type { Command } from 'commander'
import type { TaskPlacement, WaitReason } from '#contract/index.ts'
import { formatDuration } from '../output/durations.ts'
import { createOutput } from '../output/output.ts'
import { connect, type ServerOptions, withServerOptions } from '../server-options.ts'

const HELP = `
Examples:
  amos explain 019ab3f2-6c1e-7a40-9d55-0f2c8b6e4a11
  amos explain 019ab3f2-6c1e-7a40-9d55-0f2c8b6e4a11 --json | jq -r .waiting[].code`

export function addExplain(program: Command): void {
  withServerOptions(program.command('explain').description('why a task does not run, or why an agent got it'))
    .argument('<taskId>')
    .addHelpText('after', HELP)
    .action(async (taskId: string, options: ServerOptions) => {
      const placement = await connect(options).getTaskPlacement(taskId)
      const output = createOutput(options)
      output.json(placement)
      output.text(renderPlacement(placement))
    })
}

function renderPlacement({ taskId, phase, waiting, placement }: TaskPlacement): string {
  const lines = [`${taskId} is ${phase}`, ...waiting.map(renderReason)]
  if (placement !== undefined) {
    const { agentId, attempt, reason } = placement
    lines.push(`attempt ${attempt} went to ${agentId}: ${reason}`)
  }
  return lines.join('\n')
}

function renderReason({ code, message, changedBy, until, estimatedWaitMs }: WaitReason): string {
  const details = [
    ...(until === undefined ? [] : [`until ${until}`]),
    ...(estimatedWaitMs === undefined ? [] : [`about ${formatDuration(estimatedWaitMs)}`]),
    changedBy === 'time' ? 'ends by itself' : `changed by: ${changedBy}`,
  ]
  return `  ${code}: ${message} (${details.join('; ')})`
}
