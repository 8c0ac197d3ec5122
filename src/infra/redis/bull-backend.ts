import { type BackendFactory, QueueKeys, RedisConnection, RedisQueueBackend } from 'bullmq'
import type { RedisLink } from './redis-link.ts'

/**
 * Lets BullMQ's classes use the node's one connection. Their own way opens another one for each Worker to wait on,
 * and ours never waits: it is woken.
 */
export function sharedBackend(link: RedisLink, prefix: string): BackendFactory<RedisQueueBackend> {
  return (name, options) => {
    const connection = new RedisConnection(link.client, {
      shared: true,
      blocking: false,
      skipVersionCheck: true,
    })
    const keys = new QueueKeys(prefix)
    const named = { ...options, prefix }
    return new RedisQueueBackend(
      connection,
      name,
      keys.getKeys(name),
      (type) => keys.toKey(name, type),
      named,
    )
  }
}
