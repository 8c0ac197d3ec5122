import { LuaScript } from '../lua-script.ts'

/**
 * Compares the records, indexes and events of one scope with the counts that commits keep in `meta`, or begins to count.
 *
 * `meta` has `counted` once the counts hold; then `n:<kind>` is the number of records of the kind, `o:<kind>` the number
 * of open ones, `t:<kind>` the number of those with a time, `last` the number of the newest event in the stream.
 *
 * KEYS: meta, events, marker, then four for each kind: records, ids, open, times. ARGV: store id, `1` to make the indexes anew
 * from the records and to count again, then for each kind its name and `1` where it has an index.
 * Returns {-2} when the store is another one, {0, key} where the key has lost something, else {1}.
 */
export const integrityScript = new LuaScript(`#!lua flags=allow-oom
if redis.call('HGET', KEYS[3], 'id') ~= ARGV[1] then return {-2} end

local function indexAgain(records, ids, open, times)
  redis.call('DEL', ids, open, times)
  local cursor = '0'
  repeat
    local page = redis.call('HSCAN', records, cursor, 'COUNT', 1000)
    cursor = page[1]
    for index = 1, #page[2], 2 do
      redis.call('ZADD', ids, 0, page[2][index])
      if string.match(page[2][index + 1], '^%d+%+') then redis.call('ZADD', open, 0, page[2][index]) end
      local time = string.match(page[2][index + 1], '^%S+@(%d+) ')
      if time then redis.call('ZADD', times, time, page[2][index]) end
    end
  until cursor == '0'
end

local isCounted = redis.call('HGET', KEYS[1], 'counted') and ARGV[2] ~= '1'
for index = 4, #KEYS, 4 do
  local argument = (index - 4) / 4 * 2 + 3
  local kind, isListed = ARGV[argument], ARGV[argument + 1] == '1'
  local records, ids, open, times = KEYS[index], KEYS[index + 1], KEYS[index + 2], KEYS[index + 3]
  if ARGV[2] == '1' and isListed then indexAgain(records, ids, open, times) end
  local count, openCount = redis.call('HLEN', records), redis.call('ZCARD', open)
  local timedCount = redis.call('ZCARD', times)
  if not isCounted then
    redis.call('HSET', KEYS[1], 'n:' .. kind, count, 'o:' .. kind, openCount, 't:' .. kind, timedCount)
  else
    local known = redis.call('HMGET', KEYS[1], 'n:' .. kind, 'o:' .. kind, 't:' .. kind)
    if count ~= tonumber(known[1] or '0') then return {0, records} end
    if isListed and redis.call('ZCARD', ids) ~= count then return {0, ids} end
    if isListed and openCount ~= tonumber(known[2] or '0') then return {0, open} end
    if timedCount ~= tonumber(known[3] or '0') then return {0, times} end
  end
end

local last = redis.call('HGET', KEYS[1], 'last')
local hasStream = redis.call('EXISTS', KEYS[2]) == 1
if isCounted and last and not hasStream then return {0, KEYS[2]} end
if not isCounted then
  if not hasStream then redis.call('HDEL', KEYS[1], 'last') end
  redis.call('HSET', KEYS[1], 'counted', 1)
end
return {1}
`)
