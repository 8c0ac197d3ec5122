import type { SwarmDirectory } from '#domain/cluster/swarm-directory.ts'

/** What the server needs of the swarms: to find, make and remove them, and to stop giving them work. */
export type Swarms = Pick<
  SwarmDirectory,
  'createSwarm' | 'listSwarms' | 'open' | 'coordinated' | 'deleteSwarm' | 'drain'
>
