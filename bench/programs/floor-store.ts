/** Where the floor keeps its tasks: one durable step for each call, and no more than that. */
import { createHash } from 'node:crypto'
import { Redis } from 'ioredis'
import { open } from 'lmdb'

/** A record, or an event under its number. */
export type FloorWrite = readonly [key: string, value: string]

export interface FloorStore {
  /** Resolves when all of it has the durability that was asked for. */
  readonly write: (records: readonly FloorWrite[], events: readonly string[]) => Promise<void>
}

/** @param isSynced false where a write only has to survive a kill of the process */
export function openFloorLmdb(path: string, isSynced: boolean): FloorStore {
  const root = open<string, string>({ path, noSubdir: true, encoding: 'string', noSync: !isSynced })
  const log = root.openDB<string, number>({ name: 'log', encoding: 'string' })
  let sequence = 0
  return {
    write: async (records, events) => {
      // What is put in one turn of the event loop is one transaction.
      const puts: Promise<unknown>[] = records.map(([key, value]) => root.put(key, value))
      for (const event of events) puts.push(log.put((sequence += 1), event))
      await Promise.all(puts)
      if (isSynced) await root.flushed
    },
  }
}

/** ARGV: how many records, then key and value of each, then the events. */
const SCRIPT = `
local records = tonumber(ARGV[1])
for index = 2, 2 * records, 2 do redis.call('HSET', KEYS[1], ARGV[index], ARGV[index + 1]) end
for index = 2 * records + 2, #ARGV do redis.call('XADD', KEYS[2], '*', 'e', ARGV[index]) end
return 1`

/** Redis answers when `appendfsync` has done what it does. */
export async function openFloorRedis(port: number): Promise<FloorStore> {
  const redis = new Redis({ host: '127.0.0.1', port })
  await redis.script('LOAD', SCRIPT)
  const sha = createHash('sha1').update(SCRIPT).digest('hex')
  return {
    write: async (records, events) => {
      await redis.evalsha(sha, 2, 'records', 'log', records.length, ...records.flat(), ...events)
    },
  }
}
