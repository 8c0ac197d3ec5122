import { join } from 'node:path'
import { type NodeId, nodeId } from '#domain/ids.ts'
import type { Clock } from '#domain/ports/clock.ts'
import type { Logger } from '#domain/ports/logger.ts'
import type { Durability } from '#domain/ports/swarm-store.ts'
import type { Infra } from '../infra.ts'
import { DirectoryLock } from '../system/directory-lock.ts'
import { UuidIds } from '../system/uuid-ids.ts'
import { EmbeddedCoordination } from './embedded-coordination.ts'
import { LonelyPeers } from './embedded-peers.ts'
import { beginLifetime, endLifetime } from './lifetime.ts'
import { LmdbSwarmStore } from './lmdb-swarm-store.ts'
import { openLmdbTables } from './lmdb-tables.ts'
import { MemoryReadyQueues } from './memory-ready-queues.ts'
import { ensureStoreEntry } from './store-format.ts'

export interface EmbeddedInfraOptions {
  /** Made where it is missing. One process at a time. */
  readonly dataDir: string
  readonly durability: Durability
  /** A new one by default. */
  readonly nodeId?: NodeId
  /** Threads of libuv's pool, 4 by default. */
  readonly threadPoolSize?: number
}

export interface EmbeddedInfraModules {
  readonly clock: Clock
  readonly logger: Logger
}

const DATABASE_FILE = 'swarm.mdb'

/** Everything one node needs, in one directory of this machine. @throws Error where another process has it */
export async function createEmbeddedInfra(
  options: EmbeddedInfraOptions,
  modules: EmbeddedInfraModules,
): Promise<Infra> {
  const lock = DirectoryLock.acquire({
    directory: options.dataDir,
    fileName: 'node.lock',
    directoryName: 'data directory',
    holderName: 'server',
  })
  try {
    return await openInfra(options, modules, lock)
  } catch (error) {
    lock.release()
    throw error
  }
}

async function openInfra(
  options: EmbeddedInfraOptions,
  { clock, logger }: EmbeddedInfraModules,
  lock: DirectoryLock,
): Promise<Infra> {
  const { dataDir, durability } = options
  const tables = openLmdbTables(join(dataDir, DATABASE_FILE), logger)
  await ensureStoreEntry(tables)
  const lossCount = await beginLifetime(tables, durability)
  const store = new LmdbSwarmStore(
    { ...options, lossCount },
    { tables, clock, logger, deliver: (scope, entries) => queues.deliver(scope, entries) },
  )
  const queues = new MemoryReadyQueues({ clock })
  const self = options.nodeId ?? nodeId(new UuidIds({ clock }).next())
  return {
    store,
    coordination: new EmbeddedCoordination(self, { store, clock }),
    peers: new LonelyPeers(self),
    readyQueueFor: (scope) => queues.open(scope),
    close: async () => {
      await queues.close()
      await store.close()
      await endLifetime(tables)
      await tables.root.close()
      lock.release()
    },
  }
}
