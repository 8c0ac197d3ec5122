/** The program of docs/trails.md. */
import { SwarmClient } from 'amos-swarm'

const client = new SwarmClient({ url: process.env['AMOS_URL'] ?? 'http://127.0.0.1:3000' })

await client.trails.create({
  trailSet: 'routes',
  evaporation: { unit: 'deposits', rate: 0.02 },
  min: 0.01,
  max: 1,
  initial: 0.5,
})
await client.trails.deposit('routes', [
  { edge: 'berlin-paris', amount: 0.2 },
  { edge: 'berlin-rome', amount: -0.1 },
])
console.log(await client.trails.read('routes', ['berlin-paris', 'berlin-rome'])) // [ 0.69, 0.39 ]
const [chosen] = await client.trails.follow(
  'routes',
  [
    { edge: 'berlin-paris', heuristic: 1 / 878 },
    { edge: 'berlin-rome', heuristic: 1 / 1184 },
  ],
  { beta: 2 },
)
console.log(chosen?.edge === 'berlin-paris' || chosen?.edge === 'berlin-rome') // true
