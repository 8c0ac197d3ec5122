import type { Command } from 'commander'
import type { TaskSubmitInput } from '#contract/index.ts'
import { LIMITS } from '#contract/limits.ts'
import { CommandError, EXIT_CODES } from '#node/exit-codes.ts'
import type { SwarmClient } from '#sdk/index.ts'
import { parseRawJson, parseTaskList } from '../input/parse-json.ts'
import { readText } from '../input/read-text.ts'
import { createOutput } from '../output/output.ts'
import { collect, connect, type ServerOptions, wholeNumber, withServerOptions } from '../server-options.ts'
import { renderTask } from './tasks.ts'

interface SubmitOptions extends ServerOptions {
  readonly payload?: string
  readonly capability?: readonly string[]
  readonly priority?: number
  readonly dependsOn?: readonly string[]
  readonly delay?: number
  readonly timeout?: number
  readonly attempts?: number
  readonly deadline?: string
  readonly idempotencyKey?: string
  readonly wait?: boolean
  readonly file?: string
}

const HELP = `
Examples:
  amos submit echo --capability echo --payload '{"hello": "world"}' --wait
  amos submit summarise --payload @article.json --priority 1 --attempts 5
  generate | amos submit translate --payload -
  amos submit --file tasks.json            a list of tasks as the API takes them, at most ${LIMITS.batchMax}: all or none

With --wait it ends with 1 unless every task is completed.`

export function addSubmit(program: Command): void {
  withServerOptions(program.command('submit').description('submit a task, or a file of them'))
    .argument('[type]', 'what kind of work it is')
    .option('-p, --payload <json>', 'JSON; @file reads a file, - standard input')
    .option('-c, --capability <name>', 'what an agent must be able to do; may be repeated', collect)
    .option('--priority <1-5>', '1 is the most urgent', wholeNumber(1, 5))
    .option('--depends-on <taskId>', 'start only once this one is completed; may be repeated', collect)
    .option('--delay <ms>', 'start this much later', wholeNumber(0, LIMITS.delayMsMax))
    .option(
      '--timeout <ms>',
      'how long one attempt may take',
      wholeNumber(LIMITS.timeoutMsMin, LIMITS.timeoutMsMax),
    )
    .option('--attempts <count>', 'tries before it is given up', wholeNumber(1, LIMITS.attemptsMax))
    .option('--deadline <time>', 'when the result is worth nothing any more, in RFC 3339')
    .option('--idempotency-key <key>', 'the same key and body lead to the same task')
    .option('--file <path>', 'a JSON list of tasks; - reads standard input')
    .option('-w, --wait', 'wait for the result')
    .addHelpText('after', HELP)
    .action(submit)
}

async function submit(type: string | undefined, options: SubmitOptions): Promise<void> {
  if ((type === undefined) === (options.file === undefined)) {
    throw new CommandError('submit needs a type or --file, and not both', EXIT_CODES.usage)
  }
  const tasks = type === undefined ? await readTasks(options.file ?? '-') : [await taskOf(type, options)]
  const client = connect(options)
  const { idempotencyKey } = options
  const accepted = await client.submitBatch(tasks, idempotencyKey === undefined ? {} : { idempotencyKey })
  const output = createOutput(options)
  const taskIds = accepted.tasks.map(({ taskId }) => taskId)
  output.text(taskIds.join('\n'))
  if (options.wait === true) await waitForAll(client, taskIds, options)
  else output.json(accepted)
}

async function waitForAll(
  client: SwarmClient,
  taskIds: readonly string[],
  options: SubmitOptions,
): Promise<void> {
  const output = createOutput(options)
  const tasks = await Promise.all(taskIds.map((taskId) => client.waitForTask(taskId)))
  output.json({ tasks })
  output.text(tasks.map(renderTask).join('\n\n'))
  if (tasks.some(({ status }) => status !== 'completed')) process.exitCode = EXIT_CODES.failed
}

async function taskOf(type: string, options: SubmitOptions): Promise<TaskSubmitInput> {
  const { payload, capability, priority, dependsOn, delay, timeout, attempts, deadline } = options
  return {
    type,
    ...(payload === undefined
      ? {}
      : { payload: parseRawJson(await readText(payload, '--payload'), '--payload') }),
    ...(capability === undefined ? {} : { capabilities: [...capability] }),
    ...(priority === undefined ? {} : { priority }),
    ...(dependsOn === undefined ? {} : { dependsOn: [...dependsOn] }),
    ...(delay === undefined ? {} : { delayMs: delay }),
    ...(timeout === undefined ? {} : { timeoutMs: timeout }),
    ...(attempts === undefined ? {} : { maxAttempts: attempts }),
    ...(deadline === undefined ? {} : { deadline }),
  }
}

async function readTasks(path: string): Promise<TaskSubmitInput[]> {
  return parseTaskList(await readText(path === '-' ? path : `@${path}`, '--file'), '--file')
}
