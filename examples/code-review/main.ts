import { stat } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { Command } from 'commander'
import { createOutput } from '#cli/output/output.ts'
import { ProgressBar } from '#cli/output/progress-bar.ts'
import { runCommand } from '#cli/run-command.ts'
import { wholeNumber } from '#cli/server-options.ts'
import { CommandError, EXIT_CODES } from '#node/exit-codes.ts'
import { renderDemo } from './render-demo.ts'

interface DemoCommandOptions {
  readonly path: string
  readonly agents: number
  readonly json?: boolean
  readonly killOne?: boolean
  readonly byzantine: number
}

const HELP = `
Starts a server on a store of its own and agents as processes of their own, has them review every file of a source
tree for complexity, secrets, dependencies, broken links and duplicated code. Then they vote, each by its own look at the
file, on which findings to report; every decision comes with a certificate, which is verified. Needs no network.
Ends with 0 only if every task was completed and every decision is proven.

Examples:
  npm run demo                             this project
  npm run demo -- --path ~/src/app --agents 4
  npm run demo -- --kill-one               one agent dies in the middle of its work, and nothing is lost
  npm run demo -- --byzantine 2            two agents lie when they vote, and are caught
  npm run demo -- --json | jq '.findings[] | select(.severity == "high")'`

const PACKAGE_ROOT = fileURLToPath(new URL('../..', import.meta.url))

const program = new Command('demo')
  .description('a swarm of agent processes reviews a source tree')
  .option('--path <dir>', 'the tree to review', PACKAGE_ROOT)
  .option('--agents <count>', 'agent processes', wholeNumber(1, 100), 8)
  .option('--kill-one', 'kill -9 an agent that holds a task, to show that nothing is lost')
  .option('--byzantine <count>', 'agents that lie when they vote, less than a third', wholeNumber(0, 33), 0)
  .option('--json', 'the whole report as one JSON object')
  .addHelpText('after', HELP)
  .showHelpAfterError('(see --help)')
  .exitOverride()
  .action(demo)

await runCommand(program)

async function demo(options: DemoCommandOptions): Promise<void> {
  const { path, agents, json = false, killOne = false, byzantine } = options
  const folder = await stat(path).catch(() => undefined)
  if (folder?.isDirectory() !== true)
    throw new CommandError(`--path: ${path} is not a folder`, EXIT_CODES.usage)
  if (byzantine * 3 >= agents && byzantine > 0)
    throw new CommandError(
      `--byzantine: ${byzantine} liars need more than ${3 * byzantine} agents`,
      EXIT_CODES.usage,
    )
  const interruption = interruptible()
  // Loaded when it is needed, since it brings a whole server with it.
  const { runDemo } = await import('./run-demo.ts')
  const bar = new ProgressBar('reviewing')
  try {
    const result = await runDemo({
      path,
      agentCount: agents,
      isKilling: killOne,
      liarCount: byzantine,
      signal: interruption,
      onProgress: (finished, total) => bar.update(finished, total),
      onVoting: () => bar.end(),
    })
    bar.end()
    const output = createOutput({ json })
    output.json(result)
    output.text(renderDemo(result))
    const isAllProven = result.decisions.every(({ isVerified }) => isVerified)
    if (result.tasks.completed !== result.tasks.submitted || !isAllProven)
      process.exitCode = EXIT_CODES.failed
  } catch (error) {
    bar.end()
    if (interruption.aborted) throw new CommandError('interrupted', EXIT_CODES.interrupted)
    throw error
  }
}

/** Ctrl-C ends the demo in order, a second one at once. */
function interruptible(): AbortSignal {
  const interruption = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (interruption.signal.aborted) process.exit(EXIT_CODES.interrupted)
      interruption.abort()
    })
  }
  return interruption.signal
}
