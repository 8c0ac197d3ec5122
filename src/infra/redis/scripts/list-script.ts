import { LuaScript } from '../lua-script.ts'

/**
 * A page of one kind's records in the order of their ids, as they all stand at one moment.
 *
 * KEYS: ids or open, records. ARGV: direction (`up` or `down`), where to start and where to end, as ZRANGEBYLEX and
 * ZREVRANGEBYLEX take them, most records.
 * Returns id, encoded record, id, encoded record, …
 */
export const listScript = new LuaScript(`#!lua flags=no-writes
local command = ARGV[1] == 'up' and 'ZRANGEBYLEX' or 'ZREVRANGEBYLEX'
local ids = redis.call(command, KEYS[1], ARGV[2], ARGV[3], 'LIMIT', 0, ARGV[4])
local page = {}
for _, id in ipairs(ids) do
  page[#page + 1] = id
  page[#page + 1] = redis.call('HGET', KEYS[2], id)
end
return page
`)

/**
 * A page of one kind's records by their times and then by their ids, as they all stand at one moment.
 *
 * KEYS: times, records. ARGV: newest time, most records, time and id after which the page starts ('' for the beginning).
 * Returns as the list script.
 */
export const timedListScript = new LuaScript(`#!lua flags=no-writes
local upTo, most, time, id = ARGV[1], tonumber(ARGV[2]), ARGV[3], ARGV[4]
local start = 0
if time ~= '' then
  start = redis.call('ZCOUNT', KEYS[1], '-inf', '(' .. time)
  -- The record that the page before ended with may be gone. Those of its time stand in the order of their ids.
  if redis.call('ZSCORE', KEYS[1], id) == time then
    start = redis.call('ZRANK', KEYS[1], id) + 1
  else
    local low, high = start, start + redis.call('ZCOUNT', KEYS[1], time, time)
    while low < high do
      local middle = math.floor((low + high) / 2)
      if redis.call('ZRANGE', KEYS[1], middle, middle)[1] <= id then low = middle + 1 else high = middle end
    end
    start = low
  end
end
local last = math.min(start + most, redis.call('ZCOUNT', KEYS[1], '-inf', upTo)) - 1
local page = {}
if last < start then return page end
for _, found in ipairs(redis.call('ZRANGE', KEYS[1], start, last)) do
  page[#page + 1] = found
  page[#page + 1] = redis.call('HGET', KEYS[2], found)
end
return page
`)
