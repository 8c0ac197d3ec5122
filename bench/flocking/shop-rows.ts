import { Flock } from '#domain/intelligence/flocking/flock.ts'
import type { FlockSettings } from '#domain/intelligence/flocking/flock-settings.ts'
import { SeededRandom } from '#simulation/seeded-random.ts'
import type { ProtocolRequest, ProtocolRow } from '../harness/protocol.ts'
import { CapacityWatch } from './capacity.ts'
import { runFlock, type Watch } from './flock-shop.ts'
import { type QueueRule, runQueues, shortestQueue, stayWithSlack, trueTimes } from './queue-rules.ts'
import { readSetUps, rotated, type ShopLoad, shopTasks } from './set-up-data.ts'
import { figuresOf, type ShopFigures, type ShopRun, setUpsOf } from './shop.ts'

const LIGHT_10: ShopLoad = { agents: 10, load: 0.5 }
const LIGHT_20: ShopLoad = { agents: 20, load: 0.5 }
const HEAVY_20: ShopLoad = { agents: 20, load: 0.65 }
/** Tasks of one look at set-ups and capacity. */
const LAST = 2_000

/** F1: who gets what where set-ups cost; each seed begins elsewhere in the data. */
export function setUpRows({ seeds, onProgress }: ProtocolRequest): ProtocolRow[] {
  const rows = readSetUps()
  const light = [LIGHT_10, LIGHT_20].flatMap((load) => {
    onProgress(`set-ups, ${load.agents} agents`)
    const flock = seeds.map((seed) => flockFigures(rows, load, seed))
    const off = seeds.map((seed) => queueFigures(rows, load, seed, shortestQueue))
    const stay = seeds.map((seed) => queueFigures(rows, load, seed, stayWithSlack))
    const known = seeds.map((seed) => queueFigures(rows, load, seed, trueTimes))
    const name = `F1, ${load.agents} agents, load ${load.load}`
    return lightRows(name, { flock, off, stay, known })
  })
  onProgress('set-ups, 20 agents, high load')
  const heavy = (settings?: Partial<FlockSettings>): number[] =>
    seeds.map((seed) => flockFigures(rows, HEAVY_20, seed, settings).meanS)
  return [
    ...light,
    {
      what: 'F1, 20 agents, load 0.65: mean response, s',
      figures: heavy(),
      bar: { is: 'at most', limit: 100 },
      ablation: {
        what: 'flocking off',
        figures: seeds.map((seed) => queueFigures(rows, HEAVY_20, seed, shortestQueue).meanS),
      },
    },
    {
      what: 'F1, 20 agents, load 0.65: mean response, s',
      figures: heavy(),
      ablation: { what: 'separation off', figures: heavy({ separation: false }) },
    },
    {
      what: 'F1, 20 agents, load 0.65: mean response, s',
      figures: heavy(),
      ablation: { what: 'cohesion off', figures: heavy({ cohesion: false }) },
    },
    {
      what: 'F1, 20 agents, load 0.65: mean response, s',
      figures: heavy(),
      ablation: { what: 'alignment off', figures: heavy({ alignment: false }) },
    },
  ]
}

interface Compared {
  readonly flock: readonly ShopFigures[]
  readonly off: readonly ShopFigures[]
  readonly stay: readonly ShopFigures[]
  readonly known: readonly ShopFigures[]
}

function lightRows(name: string, { flock, off, stay, known }: Compared): ProtocolRow[] {
  const each = (figure: (index: number) => number): number[] => flock.map((_, index) => figure(index))
  const mean = (figures: readonly ShopFigures[], index: number): number => figures[index]?.meanS ?? Number.NaN
  return [
    {
      what: `${name}: mean response, s`,
      figures: each((index) => mean(flock, index)),
      ablation: { what: 'flocking off', figures: each((index) => mean(off, index)) },
    },
    {
      what: `${name}: gap to the rule that knows all times, closed`,
      figures: each(
        (index) => (mean(off, index) - mean(flock, index)) / (mean(off, index) - mean(known, index)),
      ),
      bar: { is: 'at least', limit: 0.7 },
    },
    {
      what: `${name}: response over "stay, slack 1"`,
      figures: each((index) => mean(flock, index) / mean(stay, index)),
      bar: { is: 'at most', limit: 1.1 },
    },
    {
      what: `${name}: load range`,
      figures: each((index) => flock[index]?.range ?? Number.NaN),
      bar: { is: 'at most', limit: 0.3 },
    },
    {
      what: `${name}: p99 over that of flocking off`,
      figures: each((index) => (flock[index]?.p99S ?? Number.NaN) / (off[index]?.p99S ?? Number.NaN)),
      bar: { is: 'at most', limit: 1, of: 'each seed' },
    },
    {
      what: `${name}: set-ups per task`,
      figures: each((index) => flock[index]?.setUps ?? Number.NaN),
      ablation: { what: 'flocking off', figures: each((index) => off[index]?.setUps ?? Number.NaN) },
    },
  ]
}

/** F3: half way the kinds are renamed. */
export function renamedRows({ seeds, onProgress }: ProtocolRequest): ProtocolRow[] {
  const rows = readSetUps()
  const half = Math.ceil(rows.length / 2)
  onProgress('goals move')
  const measured = (settings: 'adapts' | 'frozen') =>
    seeds.map((seed) => {
      const flock = silentFlock()
      const watch: Watch = (arrived) => {
        if (settings === 'frozen' && arrived >= half) flock.configure({ adapts: false })
      }
      const tasks = shopTasks(rotated(rows, offsetOf(seed)), { ...LIGHT_20, isRenamed: true })
      const runs = runFlock({ tasks, count: 20, flock, random: new SeededRandom(seed) }, watch)
      return {
        before: setUpsOf(runs.slice(half - LAST, half)),
        after: setUpsOf(runs.slice(half + 200, half + 1_000)),
      }
    })
  const [adapting, frozen] = [measured('adapts'), measured('frozen')]
  const excess = (runs: typeof adapting): number[] =>
    runs.map(({ before, after }) => after - Math.max(before * 1.2, before + 0.06))
  return [
    {
      what: 'F3: set-ups per task, tasks 200–1 000 after',
      figures: adapting.map(({ after }) => after),
      ablation: { what: 'frozen groups', figures: frozen.map(({ after }) => after) },
    },
    { what: 'F3: set-ups per task before', figures: adapting.map(({ before }) => before) },
    {
      what: 'F3: beyond 1.2 × before, or .06 more',
      figures: excess(adapting),
      bar: { is: 'at most', limit: 0 },
      ablation: { what: 'frozen groups', figures: excess(frozen), bar: { is: 'at least', limit: 0.05 } },
    },
  ]
}

/** F4: the agents that are loaded for a kind, against the work of the kind. */
export function capacityRows({ seeds, onProgress }: ProtocolRequest): ProtocolRow[] {
  const rows = readSetUps()
  onProgress('capacity follows demand')
  const measured = (settings?: Partial<FlockSettings>): number[] =>
    seeds.map((seed) => {
      const capacity = new CapacityWatch(rows.length - LAST)
      const tasks = shopTasks(rotated(rows, offsetOf(seed)), LIGHT_20)
      const modules = { tasks, count: 20, flock: silentFlock(settings), random: new SeededRandom(seed) }
      return capacity.distanceTo(runFlock(modules, capacity.watch).slice(-LAST))
    })
  return [
    {
      what: 'F4: agents against work, total variation',
      figures: measured(),
      bar: { is: 'at most', limit: 0.3 },
      ablation: { what: 'separation off', figures: measured({ separation: false }) },
    },
  ]
}

type Rows = ReturnType<typeof readSetUps>

function flockFigures(
  rows: Rows,
  load: ShopLoad,
  seed: number,
  settings?: Partial<FlockSettings>,
): ShopFigures {
  const tasks = shopTasks(rotated(rows, offsetOf(seed)), load)
  const modules = { tasks, count: load.agents, flock: silentFlock(settings), random: new SeededRandom(seed) }
  return figuresOf(runFlock(modules), load.agents)
}

function queueFigures(rows: Rows, load: ShopLoad, seed: number, rule: QueueRule): ShopFigures {
  const tasks = shopTasks(rotated(rows, offsetOf(seed)), load)
  const runs: ShopRun[] = runQueues(tasks, load.agents, rule, new SeededRandom(seed))
  return figuresOf(runs, load.agents)
}

function silentFlock(settings: Partial<FlockSettings> = {}): Flock {
  return new Flock(settings, { onChange: () => undefined })
}

/** Seed 1 begins at the first row. */
function offsetOf(seed: number): number {
  return (seed - 1) * 1_733
}
