import type { Command } from 'commander'
import type { MessageSend } from '#contract/index.ts'
import { LIMITS } from '#contract/limits.ts'
import { CommandError, EXIT_CODES } from '#node/exit-codes.ts'
import { parseRawJson } from '../input/parse-json.ts'
import { createOutput } from '../output/output.ts'
import { connect, type ServerOptions, wholeNumber, withServerOptions } from '../server-options.ts'

interface SendOptions extends ServerOptions {
  readonly topic?: string
  readonly all?: boolean
  readonly durable?: boolean
  readonly ttl?: number
}

const HELP = `
Examples:
  amos send '{"stop": true}' --to reviewer-3 --durable
  amos send '"a new round begins"' --topic rounds
  amos send '{"pause": 5}' --all`

export function addSend(program: Command): void {
  withServerOptions(program.command('send').description('send a message to an agent, a topic or all'))
    .argument('<payload>', 'JSON')
    .option('--to <agentId>', 'to one agent')
    .option('--topic <name>', 'to the agents that subscribed to it')
    .option('--all', 'to all agents')
    .option('--durable', 'keep it in the inbox until the agent has dealt with it')
    .option('--ttl <ms>', 'not to be delivered later than this', wholeNumber(1, LIMITS.messageTtlMsMax))
    .addHelpText('after', HELP)
    .action(send)
}

async function send(payload: string, options: SendOptions & { readonly to?: string }): Promise<void> {
  const { durable, ttl } = options
  const sent = await connect(options).sendMessage({
    to: targetOf(options),
    payload: parseRawJson(payload, 'payload'),
    ...(durable === true ? { isDurable: true } : {}),
    ...(ttl === undefined ? {} : { ttlMs: ttl }),
  })
  const output = createOutput(options)
  output.json(sent)
  const kept = sent.isStored ? ', kept in the inbox' : ''
  output.text(`${sent.messageId}: written to ${sent.deliveredTo} connections${kept}`)
}

function targetOf(options: SendOptions & { readonly to?: string }): MessageSend['to'] {
  const { to, topic, all } = options
  const targets: MessageSend['to'][] = [
    ...(to === undefined ? [] : [{ kind: 'agent' as const, agentId: to }]),
    ...(topic === undefined ? [] : [{ kind: 'topic' as const, topic }]),
    ...(all === true ? [{ kind: 'broadcast' as const }] : []),
  ]
  const [target] = targets
  if (target === undefined || targets.length > 1)
    throw new CommandError('send needs one of --to, --topic and --all', EXIT_CODES.usage)
  return target
}
