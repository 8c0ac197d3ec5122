/**
 * A swarm of agent processes that finds a short round trip: each builds tours along shared trails and strengthens those of
 * its best one. Then the same without deposits, to show what the trails are worth.
 *
 *   npx tsx --conditions=source examples/tsp-trails/main.ts [file.tsp]
 *
 * Reads an instance of TSPLIB where one is named (EUC_2D); else it draws cities at random.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { SwarmClient } from 'amos-swarm'

const url = process.env['AMOS_URL'] ?? 'http://127.0.0.1:3000'
const AGENTS = Number(process.env['TSP_AGENTS'] ?? 3)
const ROUNDS = Number(process.env['TSP_ROUNDS'] ?? 40)
/** Fraction of every trail that evaporates with each deposit request. */
const EVAPORATION = 0.1
const CITIES = 24

const client = new SwarmClient({ url })
const [, , file] = process.argv
const points = file === undefined ? randomPoints(CITIES) : pointsIn(readFileSync(file, 'utf8'))
const ants = await Promise.all(Array.from({ length: AGENTS }, (_, index) => startAgent(`ant-${index + 1}`)))
try {
  const along = await search('with-trails', EVAPORATION)
  const without = await search('without-trails', 0)
  console.log(`${points.length} cities, ${AGENTS} agents, ${ROUNDS} rounds`)
  console.log(`with trails    ${along.toFixed(0)}`)
  console.log(`without trails ${without.toFixed(0)} (${((without / along - 1) * 100).toFixed(0)} % longer)`)
} finally {
  await Promise.all(ants.map(stopAgent))
}

/** The length of the best tour that the agents find. */
async function search(trailSet: string, deposit: number): Promise<number> {
  await client.trails.create({
    trailSet,
    evaporation: { unit: 'deposits', rate: EVAPORATION },
    min: 0.005,
    max: 1,
    initial: 1,
  })
  await client.trails.clear(trailSet)
  let best = Number.POSITIVE_INFINITY
  for (let round = 0; round < ROUNDS; round += 1) {
    const payload = { trailSet, points, ants: points.length, deposit }
    const { tasks } = await client.submitBatch(
      ants.map(() => ({ type: 'search-tour', capabilities: ['search-tour'], payload })),
    )
    const found = await Promise.all(tasks.map(({ taskId }) => client.waitForTask(taskId)))
    for (const { result } of found) best = Math.min(best, (result as { readonly length: number }).length)
  }
  return best
}

async function startAgent(agentId: string): Promise<ChildProcess> {
  const program = fileURLToPath(new URL('ant-agent.ts', import.meta.url))
  const child = fork(program, [agentId], {
    execArgv: process.execArgv,
    env: { ...process.env, AMOS_URL: url },
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  })
  if (child.stdout !== null) await once(child.stdout, 'data')
  return child
}

async function stopAgent(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return
  const exited = once(child, 'exit')
  child.kill('SIGTERM')
  await exited
}

function randomPoints(count: number): [number, number][] {
  return Array.from({ length: count }, () => [Math.random() * 1_000, Math.random() * 1_000])
}

function pointsIn(text: string): [number, number][] {
  return text
    .split('\n')
    .filter((line) => /^\s*\d+\s/.test(line))
    .map((line) => {
      const [, x = 0, y = 0] = line.trim().split(/\s+/).map(Number)
      return [x, y]
    })
}
