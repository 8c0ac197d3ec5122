import { Redis, type RedisOptions } from 'ioredis'
import { corkEachTurn } from './cork-each-turn.ts'

/** After this long a command counts as failed, though Redis may still carry it out. */
export const COMMAND_TIMEOUT_MS = 700

const RECONNECT_DELAY_MAX_MS = 500

const SHARED_OPTIONS = {
  connectTimeout: 1_000,
  // A frozen Redis keeps its sockets open; without this a connection that will never answer is kept for minutes.
  socketTimeout: 2_000,
  // Nothing waits for a Redis that is gone: the caller hears of it at once and decides.
  enableOfflineQueue: false,
  // A command is sent once: what was not answered when its connection closed fails then. Sent again it might be
  // carried out twice.
  maxRetriesPerRequest: 0,
  autoResendUnfulfilledCommands: false,
  // BullMQ was written for the replies of protocol 2.
  protocol: 2,
  maxLoadingRetryTime: 100,
  retryStrategy: (attempt: number) => Math.min(20 * 2 ** Math.min(attempt, 10), RECONNECT_DELAY_MAX_MS),
} as const satisfies RedisOptions

/** A connection for commands, shared by everything on this node. It dials by itself, now and after every loss. */
export function connectForCommands(url: string): Redis {
  const client = new Redis(url, { ...SHARED_OPTIONS, commandTimeout: COMMAND_TIMEOUT_MS })
  // Not ioredis' own auto-pipelining: it does not know the commands that BullMQ defines.
  client.on('connect', () => corkEachTurn(client.stream))
  return client
}

/**
 * A connection that only listens. It subscribes again by itself after a loss, which is why its own commands may
 * wait for the connection. It has to be pinged: a connection that is silent and one that is stuck look the same.
 */
export function connectForMessages(url: string): Redis {
  return new Redis(url, {
    ...SHARED_OPTIONS,
    enableOfflineQueue: true,
    autoResubscribe: true,
    maxRetriesPerRequest: null,
    keepAlive: 1_000,
  })
}
