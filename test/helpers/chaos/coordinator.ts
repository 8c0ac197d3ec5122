import { SwarmClient } from '#sdk/index.ts'
import { eventually } from '../eventually.ts'
import type { ServerProcess } from './server-process.ts'

/** The server that coordinates the swarm `default`. */
export async function coordinatorAmong(servers: readonly ServerProcess[]): Promise<ServerProcess> {
  const client = new SwarmClient({ url: servers.map(({ url }) => url) })
  const { coordinatorId } = await client.getResources()
  const nodes = await Promise.all(servers.map((server) => server.readiness()))
  return servers[nodes.findIndex(({ nodeId }) => nodeId === coordinatorId)]!
}

/** Where the log ends now. */
export async function endOfLog({ url }: ServerProcess): Promise<string> {
  const { lastSequence } = await new SwarmClient({ url }).readEvents({ pageSize: 1 })
  return String(lastSequence)
}

/** When nodes said that they coordinate the swarm now, in milliseconds since the epoch. */
export async function takeoversSince(since: string, { url }: ServerProcess): Promise<readonly number[]> {
  const types = ['amos.swarm.coordinator_changed']
  const { events } = await new SwarmClient({ url }).readEvents({ since, types })
  return events.map(({ time }) => Date.parse(time))
}

/** When another node said that it coordinates the swarm now; asked of one that lives. */
export function whenTakenOver(survivor: ServerProcess, since: string): Promise<number> {
  return eventually(async () => (await takeoversSince(since, survivor))[0], {
    timeoutMs: 30_000,
    everyMs: 100,
    what: 'another node to take the swarm over',
  })
}
