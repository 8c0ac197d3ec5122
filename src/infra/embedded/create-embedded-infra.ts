import { type NodeId, nodeId } from '#domain/model/ids.ts'
import type { Clock } from '#domain/ports/clock.ts'
import type { Logger } from '#domain/ports/logger.ts'
import type { Durability } from '#domain/ports/swarm-store.ts'
import type { Turns } from '#domain/ports/turns.ts'
import type { Infra } from '../infra.ts'
import { DirectoryLock } from '../system/directory-lock.ts'
import { UuidIds } from '../system/uuid-ids.ts'
import { EmbeddedCoordination } from './embedded-coordination.ts'
import { EmbeddedPeers } from './embedded-peers.ts'
import { FileReserve } from './file-reserve.ts'
import { beginLifetime, endLifetime } from './lifetime.ts'
import { LmdbSwarmStore } from './lmdb-swarm-store.ts'
import type { LmdbTables } from './lmdb-tables.ts'
import { MemoryReadyQueues } from './memory-ready-queues.ts'
import { NoLosses } from './no-losses.ts'
import { openStore } from './open-store.ts'

export interface EmbeddedInfraOptions {
  /** Made where it is missing. One process at a time. */
  readonly dataDir: string
  readonly durability: Durability
  /** Of a larger database only the size and the meta pages are checked when it is opened; no limit by default. */
  readonly checkedBytesMax?: number
  /** A new one by default. */
  readonly nodeId?: NodeId
  /** Threads of libuv's pool, 4 by default. */
  readonly threadPoolSize?: number
}

export interface EmbeddedInfraModules {
  readonly clock: Clock
  readonly logger: Logger
  /** Called once where the store has failed: calls are refused from then on, and the process should end. */
  readonly onFailed?: (reason: string) => void
  /** Shared with whatever else works for tenants in this process; by default nothing else does. */
  readonly turns?: Pick<Turns, 'enter'>
}

const NO_TURNS = { enter: () => undefined }

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
  { clock, logger, onFailed = () => undefined, turns = NO_TURNS }: EmbeddedInfraModules,
  lock: DirectoryLock,
): Promise<Infra> {
  const { durability } = options
  const { tables, path } = await openStore(options, logger)
  const reserve = new FileReserve(path)
  const lossCount = await beginLifetime(tables, durability)
  const store = new LmdbSwarmStore(
    { ...options, lossCount },
    {
      tables,
      clock,
      logger,
      reserve,
      turns,
      onFailed,
      deliver: (scope, entries) => queues.deliver(scope, entries),
    },
  )
  const queues = new MemoryReadyQueues({ clock })
  const self = options.nodeId ?? nodeId(new UuidIds({ clock }).next())
  return {
    clock,
    store,
    coordination: new EmbeddedCoordination(self, { store, clock }),
    peers: new EmbeddedPeers(self),
    losses: new NoLosses(),
    readyQueueFor: (scope) => queues.open(scope),
    close: async () => {
      await queues.close()
      await store.close()
      reserve.close()
      // A failed LMDB would try to flush once more, and then pass for whole.
      if (!store.hasFailed) await closeTables(tables, logger)
      lock.release()
    },
  }
}

async function closeTables(tables: LmdbTables, logger: Logger): Promise<void> {
  try {
    await endLifetime(tables)
    await tables.root.close()
  } catch (error) {
    // What was accepted is on the disk all the same; the next start finds a run without an end.
    logger.error({ error }, 'store not closed in order')
  }
}
