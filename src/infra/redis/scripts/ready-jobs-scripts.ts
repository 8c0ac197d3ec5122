import { LuaScript } from '../lua-script.ts'

// BullMQ hands over, promotes and ends one job a call. These scripts do the same for many jobs at once, on BullMQ's
// own keys: `prioritized` (sorted by priority, then by order of arrival), `delayed` (sorted by due time × 4 096),
// `active` (a list), `pc` (counts arrivals), and one hash a job.

/**
 * Reads the most urgent jobs and leaves them where they are.
 *
 * KEYS: prioritized, delayed. ARGV: prefix of the jobs' keys, most jobs.
 * Returns {number of jobs that are ready, due time of the next delayed job or '', id, data, id, data, …}.
 */
export const peekJobsScript = new LuaScript(`#!lua flags=no-writes
local nextDelayed = redis.call('ZRANGE', KEYS[2], 0, 0, 'WITHSCORES')[2]
local dueAt = nextDelayed and string.format('%.0f', math.floor(tonumber(nextDelayed) / 0x1000)) or ''
local found = {redis.call('ZCARD', KEYS[1]), dueAt}
if tonumber(ARGV[2]) == 0 then return found end
for _, id in ipairs(redis.call('ZRANGE', KEYS[1], 0, tonumber(ARGV[2]) - 1)) do
  found[#found + 1] = id
  found[#found + 1] = redis.call('HGET', ARGV[1] .. id, 'data') or ''
end
return found
`)

/**
 * Removes jobs, unless a later coordinatorship has begun: it relies on them.
 *
 * KEYS: the scope's meta, prioritized, delayed. ARGV: epoch, prefix of the jobs' keys, ids.
 * Returns 1, or 0 when a later coordinatorship has begun.
 */
export const removeJobsScript = new LuaScript(`#!lua flags=allow-oom
if tonumber(redis.call('HGET', KEYS[1], 'epoch') or '0') > tonumber(ARGV[1]) then return 0 end
for index = 3, #ARGV do
  local id = ARGV[index]
  if redis.call('ZREM', KEYS[2], id) == 0 then redis.call('ZREM', KEYS[3], id) end
  redis.call('DEL', ARGV[2] .. id)
end
return 1
`)

/**
 * Makes delayed jobs ready that are due.
 *
 * KEYS: prioritized, delayed, pc. ARGV: prefix of the jobs' keys, time, most jobs. Returns the number of jobs.
 */
export const promoteJobsScript = new LuaScript(`#!lua flags=allow-oom
local before = string.format('(%.0f', (tonumber(ARGV[2]) + 1) * 0x1000)
local due = redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', before, 'LIMIT', 0, ARGV[3])
for _, id in ipairs(due) do
  local priority = tonumber(redis.call('HGET', ARGV[1] .. id, 'priority') or '1')
  local arrival = redis.call('INCR', KEYS[3])
  redis.call('ZREM', KEYS[2], id)
  redis.call('ZADD', KEYS[1], string.format('%.0f', priority * 0x100000000 + arrival % 0x100000000), id)
  redis.call('HSET', ARGV[1] .. id, 'delay', 0)
end
return #due
`)

/**
 * Makes jobs ready again that a node of an earlier version held as active.
 *
 * KEYS: prioritized, active, pc. ARGV: prefix of the jobs' keys, most jobs. Returns the number of jobs.
 */
export const reclaimJobsScript = new LuaScript(`#!lua flags=allow-oom
local ids = redis.call('RPOP', KEYS[2], ARGV[2]) or {}
for _, id in ipairs(ids) do
  local priority = redis.call('HGET', ARGV[1] .. id, 'priority')
  if priority then
    local arrival = redis.call('INCR', KEYS[3])
    redis.call('ZADD', KEYS[1], string.format('%.0f', tonumber(priority) * 0x100000000 + arrival % 0x100000000), id)
  end
end
return #ids
`)
