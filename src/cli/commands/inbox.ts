import type { Command } from 'commander'
import type { MessageView } from '#contract/index.ts'
import type { PayloadText } from '#sdk/index.ts'
import { readPages } from '../input/all-pages.ts'
import { formatAge } from '../output/durations.ts'
import { createOutput } from '../output/output.ts'
import { type Column, renderTable } from '../output/table.ts'
import { connect, type ServerOptions, wholeNumber, withServerOptions } from '../server-options.ts'

interface ListOptions extends ServerOptions {
  readonly limit: number
}

const HELP = `
The inbox of an agent holds the durable messages that the agent has not acknowledged yet, oldest first.

Examples:
  amos inbox ada                           the messages that wait for ada
  amos inbox acknowledge ada MESSAGE       take a message out of the inbox`

const COLUMNS: readonly Column<MessageView & PayloadText>[] = [
  { title: 'MESSAGE', isWhole: true, value: ({ messageId }) => messageId },
  { title: 'FROM', value: ({ from }) => from ?? '(a client)' },
  { title: 'AGE', align: 'right', isWhole: true, isOptional: true, value: ({ sentAt }) => formatAge(sentAt) },
  { title: 'PAYLOAD', value: ({ payloadText = 'null' }) => onOneLine(payloadText) },
]

export function addInbox(program: Command): void {
  const inbox = program
    .command('inbox')
    .description('list and acknowledge the durable messages of an agent')
    .addHelpText('after', HELP)
  withServerOptions(inbox.command('list', { isDefault: true }).description('list messages (default)'))
    .argument('<agentId>')
    .option('--limit <count>', 'how many messages at most', wholeNumber(1, 10_000), 20)
    .action(listMessages)
  withServerOptions(inbox.command('acknowledge').description('take messages out of the inbox'))
    .argument('<agentId>')
    .argument('<messageId...>')
    .action(async (agentId: string, messageIds: readonly string[], options: ServerOptions) => {
      const acknowledged = await connect(options).acknowledgeInbox(agentId, messageIds)
      const output = createOutput(options)
      output.json(acknowledged)
      output.text(`acknowledged ${acknowledged.acknowledgedCount} of ${messageIds.length}`)
    })
}

async function listMessages(agentId: string, options: ListOptions): Promise<void> {
  const client = connect(options)
  const messages = await readPages(
    (paging) => client.inbox(agentId, paging),
    (page) => page.messages,
    options.limit,
  )
  const output = createOutput(options)
  output.json({ messages })
  output.text(messages.length === 0 ? 'no messages' : renderTable(COLUMNS, messages))
}

/** Line breaks in JSON text stand between its parts only. */
function onOneLine(json: string): string {
  return json.replaceAll(/[\r\n\t]+/g, ' ')
}
