/** An agent process that builds tours along the trails of the swarm, and strengthens the trail of its best one. */
import { SwarmAgent, SwarmClient } from 'amos-swarm'
import { buildTour, citiesOf, lengthOf } from './ants.ts'

/** What one task asks for: so many tours of these cities, by what the trails say now. */
interface Search {
  readonly trailSet: string
  readonly points: readonly (readonly [x: number, y: number])[]
  readonly ants: number
  /** What the best tour adds to each of its edges; 0: the agent leaves nothing behind. */
  readonly deposit: number
}

const url = process.env['AMOS_URL'] ?? 'http://127.0.0.1:3000'
const [, , agentId = 'ant'] = process.argv
const client = new SwarmClient({ url })
const agent = new SwarmAgent({ url, agentId, capabilities: ['search-tour'] })

agent.handle('search-tour', async ({ payload }) => {
  const { trailSet, points, ants, deposit } = payload as Search
  const count = points.length
  const cities = citiesOf(points.map(([x, y]) => points.map(([u, v]) => Math.hypot(x - u, y - v))))
  const edges = points.flatMap((_, a) => points.slice(a + 1).map((_, index) => edgeOf(a, a + 1 + index)))
  const read = await client.trails.read(trailSet, edges)
  const levels = new Float64Array(count * count)
  let place = 0
  for (let a = 0; a < count; a += 1) {
    for (let b = a + 1; b < count; b += 1, place += 1) {
      levels[a * count + b] = read[place] ?? 0
      levels[b * count + a] = read[place] ?? 0
    }
  }
  const tours = Array.from({ length: ants }, (_, ant) =>
    buildTour(cities, levels, ant % count, { next: Math.random }),
  )
  const best = tours.reduce((a, b) => (lengthOf(cities, a) <= lengthOf(cities, b) ? a : b))
  if (deposit > 0) {
    const amounts = best.map((city, index) => ({
      edge: edgeOf(city, best[(index + 1) % count] ?? 0),
      amount: deposit,
    }))
    await client.trails.deposit(trailSet, amounts)
  }
  return { length: lengthOf(cities, best) }
})

function edgeOf(a: number, b: number): string {
  return a < b ? `${a}-${b}` : `${b}-${a}`
}

await agent.start()
console.log(`${agentId} is ready`)
process.once('SIGTERM', () => void agent.drain())
await agent.ended
