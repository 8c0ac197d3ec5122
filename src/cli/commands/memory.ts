import { type Command, InvalidArgumentError } from 'commander'
import type { MemoryRecord } from '#contract/index.ts'
import type { SwarmClient } from '#sdk/index.ts'
import { readPages } from '../input/all-pages.ts'
import { parseRawJson } from '../input/parse-json.ts'
import { formatAge } from '../output/durations.ts'
import { createOutput } from '../output/output.ts'
import { type Column, renderTable } from '../output/table.ts'
import { collect, connect, type ServerOptions, wholeNumber, withServerOptions } from '../server-options.ts'

const HELP = `
A record has a namespace, a key and any JSON as its value. A namespace comes to be with its first record.

Examples:
  amos memory put findings heron-1 '{"text": "The heron nests in the oak."}' --tag birds
  amos memory get findings heron-1
  amos memory list findings --prefix heron
  amos memory search 'herons oak' --namespace findings
  amos memory watch --namespace findings`

const COLUMNS: readonly Column<MemoryRecord>[] = [
  { title: 'KEY', value: ({ key }) => key },
  { title: 'TYPE', value: ({ type }) => type },
  { title: 'VERSION', align: 'right', isWhole: true, value: ({ version }) => String(version) },
  {
    title: 'AGE',
    align: 'right',
    isWhole: true,
    isOptional: true,
    value: ({ updatedAt }) => formatAge(updatedAt),
  },
  { title: 'BY', isOptional: true, value: ({ agentId, client }) => agentId ?? client ?? '' },
  { title: 'TAGS', isOptional: true, value: ({ tags }) => tags.join(' ') },
]

interface PutOptions extends ServerOptions {
  readonly tag: readonly string[]
  readonly ttlMs?: number
  readonly ifVersion?: number
}

interface ListOptions extends ServerOptions {
  readonly prefix?: string
  readonly tag?: string
  readonly limit: number
}

interface SearchOptions extends ServerOptions {
  readonly namespace: readonly string[]
  readonly tag: readonly string[]
  readonly limit: number
}

interface WatchOptions extends ServerOptions {
  readonly namespace?: string
  readonly key?: string
  readonly since?: string
}

/** @throws InvalidArgumentError for keys that no address can hold */
function recordKey(text: string): string {
  if (text === '' || text === '.' || text === '..') throw new InvalidArgumentError('This cannot be a key.')
  return text
}

const version = wholeNumber(0, Number.MAX_SAFE_INTEGER)

export function addMemory(program: Command): void {
  const memory = program
    .command('memory')
    .description('read, write and search what the swarm remembers')
    .addHelpText('after', HELP)
  const command = (name: string, description: string): Command =>
    withServerOptions(memory.command(name).description(description))
  command('get', 'show the value of a record')
    .argument('<namespace>')
    .argument('<key>', 'the key', recordKey)
    .action(getRecord)
  command('put', 'write a record')
    .argument('<namespace>')
    .argument('<key>', 'the key', recordKey)
    .argument('<json>', 'the value; it is sent as it is written')
    .option('--tag <tag>', 'a tag; may be repeated', collect, [])
    .option(
      '--ttl-ms <ms>',
      'remove the record after this time, in milliseconds',
      wholeNumber(1, 2_592_000_000),
    )
    .option('--if-version <version>', 'write only if this version stands; 0: only if none does', version)
    .action(putRecord)
  command('list', 'list records')
    .argument('<namespace>')
    .option('--prefix <text>', 'what the keys begin with')
    .option('--tag <tag>', 'only records with this tag')
    .option('--limit <count>', 'how many records at most', wholeNumber(1, 100_000), 100)
    .action(listRecords)
  command('search', 'search by words')
    .argument('<text>')
    .option('--namespace <name>', 'search here only; may be repeated', collect, [])
    .option('--tag <tag>', 'only records with this tag; may be repeated', collect, [])
    .option('--limit <count>', 'how many hits at most', wholeNumber(1, 100), 10)
    .action(searchRecords)
  command('history', 'show the versions of a record')
    .argument('<namespace>')
    .argument('<key>', 'the key', recordKey)
    .action(showHistory)
  command('delete', 'delete a record with its history')
    .argument('<namespace>')
    .argument('<key>', 'the key', recordKey)
    .option('--if-version <version>', 'delete only if this version stands', version)
    .action(deleteRecord)
  command('watch', 'follow changes as they happen')
    .option('--namespace <name>')
    .option('--key <key>', 'one record; needs --namespace')
    .option('--since <cursor>', 'go on after this event; 0 is the beginning of the log')
    .action(watchRecords)
}

async function getRecord(namespace: string, key: string, options: ServerOptions): Promise<void> {
  const record = await connect(options).memory.get(namespace, key)
  const output = createOutput(options)
  output.json(record)
  output.text(record.valueText ?? 'null')
}

async function putRecord(
  namespace: string,
  key: string,
  json: string,
  { tag, ttlMs, ifVersion, ...options }: PutOptions,
): Promise<void> {
  const record = await connect(options).memory.put(namespace, key, parseRawJson(json, 'the value'), {
    tags: [...tag],
    ...(ttlMs === undefined ? {} : { ttlMs }),
    ...(ifVersion === undefined ? {} : { ifVersion }),
  })
  const output = createOutput(options)
  output.json(record)
  output.text(`${namespace}/${key} is at version ${record.version}`)
}

async function listRecords(
  namespace: string,
  { prefix, tag, limit, ...options }: ListOptions,
): Promise<void> {
  const { memory } = connect(options)
  const filter = { ...(prefix === undefined ? {} : { prefix }), ...(tag === undefined ? {} : { tag }) }
  const records = await readPages(
    (paging) => memory.list(namespace, { ...filter, ...paging }),
    (page) => page.records,
    limit,
  )
  const output = createOutput(options)
  output.json({ records })
  output.text(records.length === 0 ? 'no records' : renderTable(COLUMNS, records))
}

async function searchRecords(
  text: string,
  { namespace, tag, limit, ...options }: SearchOptions,
): Promise<void> {
  const reply = await connect(options).memory.search({
    text,
    countMax: limit,
    ...(namespace.length === 0 ? {} : { namespaces: [...namespace] }),
    ...(tag.length === 0 ? {} : { tags: [...tag] }),
  })
  const output = createOutput(options)
  output.json(reply)
  const lines = reply.hits.map(
    ({ record, score, snippet }) =>
      `${score.toFixed(3)}  ${record.namespace}/${record.key}\n       ${snippet.text.replaceAll(/\s+/g, ' ')}`,
  )
  output.text(lines.length === 0 ? 'nothing found' : lines.join('\n'))
  if (!reply.isComplete) output.text('the index is being rebuilt: older records may be missing')
}

async function showHistory(namespace: string, key: string, options: ServerOptions): Promise<void> {
  const versions = await connect(options).memory.history(namespace, key)
  const output = createOutput(options)
  output.json({ versions })
  for (const { version: number, updatedAt, agentId, client, valueText = 'null' } of versions)
    output.text(`v${number}  ${updatedAt}  ${agentId ?? client ?? ''}  ${valueText}`)
}

async function deleteRecord(
  namespace: string,
  key: string,
  { ifVersion, ...options }: ServerOptions & { readonly ifVersion?: number },
): Promise<void> {
  await connect(options).memory.delete(namespace, key, ifVersion === undefined ? {} : { ifVersion })
  createOutput(options).text(`${namespace}/${key} is gone`)
}

async function watchRecords({ namespace, key, since, ...options }: WatchOptions): Promise<void> {
  const client: SwarmClient = connect(options)
  const output = createOutput(options)
  const watch = client.memory.watch({
    ...(namespace === undefined ? {} : { namespace }),
    ...(key === undefined ? {} : { key }),
    ...(since === undefined ? {} : { since }),
  })
  for await (const item of watch) {
    output.jsonLine(item)
    if (item.type === 'event') output.text(`${item.event.time}  ${item.event.type}  ${item.event.subject}`)
  }
}
