import type { Redis } from 'ioredis'
import type { StoreLoss } from '#domain/ports/swarm-store.ts'
import { MARKER_KEY } from '../redis-keys.ts'
import { beatScript } from '../scripts/marker-scripts.ts'
import type { ServedStore } from './served-stores.ts'

/** What the marker of a store says; see `marker-scripts.ts`. */
export interface Marker {
  /** '' where the store has no name. */
  readonly id: string
  readonly lost: { readonly reason: StoreLoss['reason']; readonly storeId: string } | undefined
  readonly replaces: readonly string[]
}

const TAKES_NO_WRITES = /^(?:READONLY|MISCONF|OOM)\b/

export function markerOf(answer: unknown): Marker {
  const [id, lost, replaces] = answer as readonly (string | null)[]
  return {
    id: id ?? '',
    lost:
      lost === '' || lost === null || lost === undefined ? undefined : (JSON.parse(lost) as Marker['lost']),
    replaces: (replaces ?? '').split(' ').filter((name) => name !== ''),
  }
}

export async function readMarker(client: Redis): Promise<Marker> {
  return markerOf(await client.hmget(MARKER_KEY, 'id', 'lost', 'replaces'))
}

/** Leaves a beat in the store. A `beat` of 0: the store is another one, or has lost beats that it had answered. */
export async function beat(
  client: Redis,
  store: ServedStore,
  witnessId: string,
): Promise<Marker & { readonly beat: number }> {
  const { id, beat: newest, lossMaxMs } = store
  try {
    const answer = (await beatScript.run(
      client,
      [MARKER_KEY],
      [id, witnessId, newest, lossMaxMs],
    )) as readonly [string, string, string, number]
    return { ...markerOf(answer), beat: answer[3] }
  } catch (error) {
    if (!(error instanceof Error && TAKES_NO_WRITES.test(error.message))) throw error
    // A replica, or a Redis with a full disk, can still be looked at. Where it is the same store, the beat stays as it is.
    const marker = await readMarker(client)
    return { ...marker, beat: marker.id === id ? Math.max(newest, 1) : 0 }
  }
}
