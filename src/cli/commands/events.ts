import type { Command } from 'commander'
import { EventCursor, EventSubject, EventTypeFilter } from '#contract/event.ts'
import type { SwarmEvent } from '#contract/index.ts'
import type { EventItem, SwarmClient } from '#sdk/index.ts'
import { fitting } from '../input/filter-value.ts'
import { createOutput, type Output } from '../output/output.ts'
import { collect, connect, type ServerOptions, wholeNumber, withServerOptions } from '../server-options.ts'

interface EventsOptions extends ServerOptions {
  readonly follow?: boolean
  readonly jsonl?: boolean
  readonly since?: string
  readonly type?: readonly string[]
  readonly subject?: string
  readonly limit: number
}

const HELP = `
Events are numbered; a gap in what can still be read is told, never passed over. With --json, --follow prints one
event a line, and goes on by itself where it was when the server comes back.

Examples:
  amos events                              the newest 20
  amos events --follow --type 'amos.task.*'
  amos events --since 0 --subject TASK     the story of one task
  amos events --jsonl > log.jsonl          an export of the log, for amos patterns --file
  amos events --follow --json | jq -r 'select(.type=="amos.task.failed").subject'`

export function addEvents(program: Command): void {
  withServerOptions(program.command('events').description('read or follow the event log'))
    .option('-f, --follow', 'go on with new events until interrupted')
    .option('--jsonl', 'one event a line from the beginning, without a limit: an export of the log')
    .option(
      '--since <cursor>',
      'only events after this event id or sequence number; 0 is the beginning',
      fitting(EventCursor, 'an event id or a sequence number'),
    )
    .option(
      '--type <type>',
      'only events of this type, or of all types with a prefix: amos.agent.*; may be repeated',
      collectTypes,
    )
    .option(
      '--subject <id>',
      'only events about this task, agent or swarm',
      fitting(EventSubject, 'the id of a task, an agent or a swarm'),
    )
    .option('--limit <count>', 'how many at most, without --follow', wholeNumber(1, 10_000), 20)
    .addHelpText('after', HELP)
    .action(async (options: EventsOptions) => {
      const client = connect(options)
      const output = createOutput(options)
      if (options.jsonl === true) await exportEvents(client, options)
      else if (options.follow === true) await followEvents(client, options, output)
      else await showEvents(client, options, output)
    })
}

function collectTypes(text: string, earlier: readonly string[] | undefined): readonly string[] {
  return collect(
    fitting(EventTypeFilter, 'an event type such as amos.task.failed or amos.agent.*')(text),
    earlier,
  )
}

async function followEvents(client: SwarmClient, options: EventsOptions, output: Output): Promise<void> {
  const subscription = client.events({
    ...filterOf(options),
    ...(options.since === undefined ? {} : { since: options.since }),
    onInterruption: ({ message }) => process.stderr.write(`amos: ${message}; trying again\n`),
  })
  process.once('SIGINT', () => subscription.close())
  process.once('SIGTERM', () => subscription.close())
  for await (const item of subscription) {
    output.jsonLine(item.type === 'event' ? item.event : item)
    output.text(renderItem(item))
  }
}

/** Every event that is kept, up to the newest at the start. A gap is a line of its own. */
async function exportEvents(client: SwarmClient, options: EventsOptions): Promise<void> {
  const output = createOutput({ json: true })
  const end = (await client.readEvents({ pageSize: 1 })).lastSequence
  let since = options.since ?? '0'
  for (let hasMore = true; hasMore; ) {
    const page = await client.readEvents({ ...filterOf(options), since, pageSize: 100 })
    for (const gap of page.gaps) output.jsonLine({ type: 'gap', ...gap })
    for (const event of page.events) output.jsonLine(event)
    hasMore = page.next !== since && numberOf(page.next) < end
    since = page.next
  }
}

async function showEvents(client: SwarmClient, options: EventsOptions, output: Output): Promise<void> {
  const { limit } = options
  const items: EventItem[] = []
  const end = (await client.readEvents({ pageSize: 1 })).lastSequence
  let since = options.since ?? String(Math.max(0, end - limit))
  let hasMore = true
  while (hasMore && items.length < limit) {
    const page = await client.readEvents({ ...filterOf(options), since, pageSize: Math.min(100, limit) })
    items.push(...page.gaps.map((gap) => ({ type: 'gap' as const, ...gap })))
    items.push(...page.events.map((event) => ({ type: 'event' as const, event })))
    hasMore = page.next !== since && numberOf(page.next) < page.lastSequence
    since = page.next
  }
  const shown = items.slice(0, limit)
  output.json({
    events: shown.flatMap((item) => (item.type === 'event' ? [item.event] : [])),
    gaps: shown.flatMap((item) => (item.type === 'gap' ? [item] : [])),
  })
  output.text(shown.length === 0 ? 'no events' : shown.map(renderItem).join('\n'))
}

function filterOf({ type, subject }: EventsOptions): { types?: readonly string[]; subject?: string } {
  return { ...(type === undefined ? {} : { types: type }), ...(subject === undefined ? {} : { subject }) }
}

function renderItem(item: EventItem): string {
  if (item.type === 'gap')
    return `— events ${item.fromSequence} to ${item.toSequence} are gone (${item.reason})`
  const { sequence, time, type, subject, data } = item.event
  return `${String(sequence).padStart(7)}  ${time}  ${type.padEnd(22)}  ${subject}  ${renderData(data)}`.trimEnd()
}

function renderData(data: SwarmEvent['data']): string {
  return Object.entries(data)
    .filter(([name]) => name !== 'fencingToken')
    .map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(' ')
}

function numberOf(cursor: string): number {
  return Number(cursor.split('-').at(-1))
}
