import { LuaScript } from '../lua-script.ts'

/**
 * A page of the event log and its bounds at one moment: a trim in between would look like events that never were.
 * A script and not a transaction, which Redis refuses when its memory is full, even for reading.
 *
 * KEYS: meta, events. ARGV: exclusive start, most events. Returns newest number, oldest entry or nothing, entries, number of
 * entries kept.
 */
export const eventsScript = new LuaScript(`#!lua flags=no-writes
return {
  redis.call('HGET', KEYS[1], 'sequence') or '0',
  redis.call('XRANGE', KEYS[2], '-', '+', 'COUNT', 1),
  redis.call('XRANGE', KEYS[2], '(' .. ARGV[1] .. '-0', '+', 'COUNT', ARGV[2]),
  redis.call('XLEN', KEYS[2]),
}
`)
