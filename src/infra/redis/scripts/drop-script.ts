import { LuaScript } from '../lua-script.ts'

/**
 * Removes what is filed under a scope, save what numbers its epochs and events. Allowed when the memory is full,
 * which it makes room in.
 *
 * KEYS: meta, coordinator, marker, then all that goes. ARGV: epoch, run id, store id, as for the commit script.
 * Returns {1, ''}, or {0, coordinator or ''} when the epoch is not the newest, or was claimed in another run of Redis,
 * or {-2} when the store is another one.
 */
export const dropScript = new LuaScript(`#!lua flags=allow-oom
if redis.call('HGET', KEYS[3], 'id') ~= ARGV[3] then return {-2} end
local meta = redis.call('HMGET', KEYS[1], 'epoch', 'runId')
if ARGV[1] ~= meta[1] or ARGV[2] ~= meta[2] then return {0, redis.call('GET', KEYS[2]) or ''} end
for index = 4, #KEYS do redis.call('UNLINK', KEYS[index]) end
for _, field in ipairs(redis.call('HKEYS', KEYS[1])) do
  local isKept = field == 'epoch' or field == 'sequence' or field == 'runId' or field == 'storeId'
  if not isKept then redis.call('HDEL', KEYS[1], field) end
end
return {1, ''}
`)
