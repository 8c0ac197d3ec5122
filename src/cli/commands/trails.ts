import { type Command, InvalidArgumentError, Option } from 'commander'
import type { TrailSetView } from '#contract/index.ts'
import { readPages } from '../input/all-pages.ts'
import { createOutput } from '../output/output.ts'
import { type Column, renderTable } from '../output/table.ts'
import { collect, connect, type ServerOptions, wholeNumber, withServerOptions } from '../server-options.ts'

const HELP = `
Trails are numbers on named edges that deposits raise or lower and that fade by themselves.

Examples:
  amos trails                                          the trail sets of the swarm
  amos trails create routes --half-life 60000          fades by half each minute
  amos trails create ants --unit deposits --rate 0.02 --min 0.01 --max 1 --initial 1
  amos trails deposit routes a-b=0.5 b-c=-0.1
  amos trails read routes a-b b-c
  amos trails top routes --count 5
  amos trails follow routes a-b a-c --heuristic 0.9 --heuristic 0.4 --beta 2
  amos trails clear routes a-b                         without edges: all of them
  amos trails delete routes`

const COLUMNS: readonly Column<TrailSetView>[] = [
  { title: 'TRAIL SET', isWhole: true, value: ({ trailSet }) => trailSet },
  { title: 'EDGES', align: 'right', value: ({ edgeCount }) => String(edgeCount) },
  { title: 'EVAPORATION', value: evaporationText },
  { title: 'LIMITS', value: ({ min, max, limitsApplied }) => `${min} to ${max}, at each ${limitsApplied}` },
]

const LEVEL_COLUMNS: readonly Column<{ readonly edge: string; readonly level: number }>[] = [
  { title: 'EDGE', value: ({ edge }) => edge },
  { title: 'LEVEL', align: 'right', isWhole: true, value: ({ level }) => String(level) },
]

interface CreateOptions extends ServerOptions {
  readonly unit: 'ms' | 'deposits'
  readonly halfLife?: number
  readonly rate?: number
  readonly min?: number
  readonly max?: number
  readonly initial?: number
  readonly limitsApplied?: 'read' | 'deposit'
}

interface FollowOptions extends ServerOptions {
  readonly heuristic?: readonly string[]
  readonly alpha: number
  readonly beta: number
  readonly count: number
}

export function addTrails(program: Command): void {
  const trails = program
    .command('trails')
    .description('deposit on trails, read and follow them')
    .addHelpText('after', HELP)
  addSetCommands(trails)
  withServerOptions(trails.command('deposit').description('add to edges at one moment'))
    .argument('<trailSet>')
    .argument('<edge=amount...>')
    .action(deposit)
  withServerOptions(trails.command('read').description('show the levels of edges'))
    .argument('<trailSet>')
    .argument('<edge...>')
    .action(async (trailSet: string, edges: readonly string[], options: ServerOptions) => {
      const levels = await connect(options).trails.read(trailSet, edges)
      showLevels(
        edges.map((edge, index) => ({ edge, level: levels[index] ?? 0 })),
        options,
      )
    })
  withServerOptions(trails.command('top').description('show the strongest trails'))
    .argument('<trailSet>')
    .option('--count <count>', 'how many at most', wholeNumber(1, 10_000), 20)
    .option('--prefix <text>', 'only edges that begin with it', '')
    .action(
      async (
        trailSet: string,
        options: ServerOptions & { readonly count: number; readonly prefix: string },
      ) =>
        showLevels(
          await connect(options).trails.top(trailSet, { countMax: options.count, prefix: options.prefix }),
          options,
        ),
    )
  withServerOptions(trails.command('follow').description('draw among edges by the strength of their trails'))
    .argument('<trailSet>')
    .argument('<edge...>')
    .option('--heuristic <number>', 'what speaks for each edge beside its trail, in their order', collect)
    .option('--alpha <number>', 'weight of the trail', realNumber, 1)
    .option('--beta <number>', 'weight of the heuristic', realNumber, 1)
    .option('--count <count>', 'how many different edges to draw', wholeNumber(1, 100), 1)
    .action(follow)
}

function addSetCommands(trails: Command): void {
  withServerOptions(trails.command('list', { isDefault: true }).description('list trail sets (default)'))
    .option('--limit <count>', 'how many at most', wholeNumber(1, 10_000), 50)
    .action(async (options: ServerOptions & { readonly limit: number }) => {
      const client = connect(options)
      const sets = await readPages(
        (paging) => client.trails.list(paging),
        (page) => page.trailSets,
        options.limit,
      )
      const output = createOutput(options)
      output.json({ trailSets: sets })
      output.text(sets.length === 0 ? 'no trail sets' : renderTable(COLUMNS, sets))
    })
  withServerOptions(trails.command('create').description('create a trail set'))
    .argument('<trailSet>')
    .addOption(new Option('--unit <unit>', 'unit of evaporation').choices(['ms', 'deposits']).default('ms'))
    .option('--half-life <units>', 'units after which half of a level is left', realNumber)
    .option('--rate <fraction>', 'fraction that is lost in one unit', realNumber)
    .option('--min <level>', 'lowest level that is read', realNumber)
    .option('--max <level>', 'highest level that is read', realNumber)
    .option('--initial <level>', 'level of every edge at first', realNumber)
    .addOption(new Option('--limits-applied <when>', 'when the limits apply').choices(['read', 'deposit']))
    .action(create)
  withServerOptions(trails.command('show').description('show the settings of a trail set'))
    .argument('<trailSet>')
    .action(async (trailSet: string, options: ServerOptions) =>
      showSet(await connect(options).trails.get(trailSet), options),
    )
  withServerOptions(trails.command('clear').description('take the deposits of edges away, or of all'))
    .argument('<trailSet>')
    .argument('[edge...]')
    .action(async (trailSet: string, edges: readonly string[], options: ServerOptions) => {
      const edgeCount = await connect(options).trails.clear(trailSet, edges.length === 0 ? undefined : edges)
      const output = createOutput(options)
      output.json({ edgeCount })
      output.text(`set ${edgeCount} edges back`)
    })
  withServerOptions(trails.command('delete').description('delete a trail set'))
    .argument('<trailSet>')
    .action(async (trailSet: string, options: ServerOptions) => {
      await connect(options).trails.delete(trailSet)
      const output = createOutput(options)
      output.json({ trailSet })
      output.text(`deleted ${trailSet}`)
    })
}

async function create(
  trailSet: string,
  { unit, halfLife, rate, min, max, initial, limitsApplied, ...options }: CreateOptions,
): Promise<void> {
  const evaporation = { unit, ...defined({ halfLife, rate }) }
  const created = await connect(options).trails.create({
    trailSet,
    evaporation,
    ...defined({ min, max, initial, limitsApplied }),
  })
  showSet(created, options)
}

async function deposit(trailSet: string, pairs: readonly string[], options: ServerOptions): Promise<void> {
  const deposits = pairs.map((pair) => {
    // The edge may hold any character.
    const end = pair.lastIndexOf('=')
    if (end < 1) throw new InvalidArgumentError(`${pair} is not edge=amount.`)
    return { edge: pair.slice(0, end), amount: realNumber(pair.slice(end + 1)) }
  })
  showSet(await connect(options).trails.deposit(trailSet, deposits), options)
}

async function follow(trailSet: string, edges: readonly string[], options: FollowOptions): Promise<void> {
  const { heuristic = [], alpha, beta, count } = options
  if (heuristic.length !== 0 && heuristic.length !== edges.length)
    throw new InvalidArgumentError('Give one --heuristic for each edge, or none.')
  const trails = edges.map((edge, index) => {
    const given = heuristic[index]
    return given === undefined ? { edge } : { edge, heuristic: realNumber(given) }
  })
  const chosen = await connect(options).trails.follow(trailSet, trails, { alpha, beta, countMax: count })
  const output = createOutput(options)
  output.json({ chosen })
  output.text(chosen.map(({ edge }) => edge).join('\n'))
}

function showSet(set: TrailSetView, options: ServerOptions): void {
  const output = createOutput(options)
  output.json(set)
  output.text(renderTable(COLUMNS, [set]))
}

function showLevels(
  trails: readonly { readonly edge: string; readonly level: number }[],
  options: ServerOptions,
): void {
  const output = createOutput(options)
  output.json({ trails })
  output.text(trails.length === 0 ? 'no trails' : renderTable(LEVEL_COLUMNS, trails))
}

function evaporationText({ evaporation: { unit, halfLife, rate } }: TrailSetView): string {
  return halfLife === undefined ? `rate ${rate} per ${unit}` : `half-life ${halfLife} ${unit}`
}

function realNumber(text: string): number {
  const value = Number(text)
  if (text.trim() !== '' && Number.isFinite(value)) return value
  throw new InvalidArgumentError('Not a number.')
}

function defined<T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>
  }
}
