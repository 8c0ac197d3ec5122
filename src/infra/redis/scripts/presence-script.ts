import { LuaScript } from '../lua-script.ts'

/**
 * A node's sign of life, timed by Redis' clock, so that no two nodes need the same time.
 *
 * KEYS: nodes. ARGV: node, how long a sign of life counts in ms. Returns the nodes that live.
 */
export const presenceScript = new LuaScript(`#!lua flags=allow-oom
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZADD', KEYS[1], now, ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', '(' .. string.format('%.0f', now - ARGV[2]))
return redis.call('ZRANGE', KEYS[1], 0, -1)
`)
