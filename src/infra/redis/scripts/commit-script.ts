import { LuaScript } from '../lua-script.ts'

/**
 * Commits steps of one scope in order, each as a whole or not at all, until one finds a record changed.
 *
 * KEYS: meta, coordinator, events, outbox, marker, then four for each kind of record in use: records, ids, open, times.
 *
 * ARGV: store id, epoch and run id ('' for steps that name no epoch: only where nobody ever coordinated), number of steps, then for each step its numbers of
 * checks, writes, events, ready entries and settled ones, and
 *   check  = place of the kind's `records` in KEYS, id, head the stored record must begin with ('' = no record)
 *   write  = order, place, id, encoded record. Orders: `n`, `N` = first write known (closed, open);
 *            `u` = first write known, of a kind without an index;
 *            `s` = changed, openness kept; `o` = changed, now open; `c` = changed, now closed; `d` = removed;
 *            `t` = no record but the time that the record has in the index by time, '' for none
 *   event  = encoded event
 *   ready  = job id, encoded entry
 *   settled = job id
 *
 * Returns {-2} when the store is another one; {-1, coordinator or ''} when the epoch is not the newest, or was claimed in another run of Redis; else
 * {steps committed, newest sequence before the first, numbers of the writes that found a record where none was known}.
 */
export const commitScript = new LuaScript(`#!lua
if redis.call('HGET', KEYS[5], 'id') ~= ARGV[1] then return {-2} end

local meta = redis.call('HMGET', KEYS[1], 'epoch', 'runId', 'sequence', 'counted')
local isNewest = ARGV[2] == (meta[1] or '') and (ARGV[2] == '' or ARGV[3] == meta[2])
if not isNewest then
  return {-1, redis.call('GET', KEYS[2]) or ''}
end

local cursor = 4
local function argument()
  cursor = cursor + 1
  return ARGV[cursor]
end

local function checksHold(count)
  local hold = true
  for _ = 1, count do
    local place, id, head = tonumber(argument()), argument(), argument()
    local stored = redis.call('HGET', KEYS[place], id)
    if head == '' then
      hold = hold and not stored
    else
      hold = hold and stored and string.sub(stored, 1, #head) == head
    end
  end
  return hold
end

-- By place: how many more records, open records, and records with a time there are.
local more, moreOpen, moreTimed = {}, {}, {}
local function count(counts, place, change)
  counts[place] = (counts[place] or 0) + change
end

local function setOpen(place, id, isOpen)
  if isOpen then
    count(moreOpen, place, redis.call('ZADD', KEYS[place + 2], 0, id))
  else
    count(moreOpen, place, -redis.call('ZREM', KEYS[place + 2], id))
  end
end

local function setTime(place, id, time)
  if time == '' then
    count(moreTimed, place, -redis.call('ZREM', KEYS[place + 3], id))
  else
    count(moreTimed, place, redis.call('ZADD', KEYS[place + 3], time, id))
  end
end

-- True when the record existed after all; it then gets the version after the one it had.
local function writeNew(place, id, record, isOpen, isListed)
  if redis.call('HSETNX', KEYS[place], id, record) == 1 then
    count(more, place, 1)
    if isListed then redis.call('ZADD', KEYS[place + 1], 0, id) end
    if isOpen then setOpen(place, id, true) end
    return false
  end
  local version = tonumber(string.match(redis.call('HGET', KEYS[place], id), '^%d+'))
  redis.call('HSET', KEYS[place], id, string.format('%d', version + 1) .. string.sub(record, 2))
  if isListed then setOpen(place, id, isOpen) end
  return true
end

local function remove(place, id)
  count(more, place, -redis.call('HDEL', KEYS[place], id))
  redis.call('ZREM', KEYS[place + 1], id)
  setOpen(place, id, false)
end

local before = tonumber(meta[3] or '0')
local sequence, committed, writeNumber = before, 0, 0
local found = {}

local function commitStep()
  local checks, writes = tonumber(argument()), tonumber(argument())
  local events, ready, settled = tonumber(argument()), tonumber(argument()), tonumber(argument())
  if not checksHold(checks) then return false end
  for _ = 1, writes do
    local order, place, id, record = argument(), tonumber(argument()), argument(), argument()
    writeNumber = writeNumber + 1
    if order == 'n' or order == 'N' or order == 'u' then
      if writeNew(place, id, record, order == 'N', order ~= 'u') then found[#found + 1] = writeNumber end
    elseif order == 'd' then
      remove(place, id)
    elseif order == 't' then
      setTime(place, id, record)
    else
      count(more, place, redis.call('HSET', KEYS[place], id, record))
      if order ~= 's' then setOpen(place, id, order == 'o') end
    end
  end
  for _ = 1, events do
    sequence = sequence + 1
    redis.call('XADD', KEYS[3], string.format('%.0f-0', sequence), 'e', argument())
  end
  for _ = 1, ready do
    redis.call('HSET', KEYS[4], argument(), argument())
  end
  for _ = 1, settled do
    redis.call('HDEL', KEYS[4], argument())
  end
  return true
end

for _ = 1, tonumber(ARGV[4]) do
  if not commitStep() then break end
  committed = committed + 1
end
if sequence > before then
  local newest = string.format('%.0f', sequence)
  redis.call('HSET', KEYS[1], 'sequence', newest, 'last', newest)
end
-- Before the records were counted once there is nothing to go on from; see the integrity script.
if meta[4] then
  for prefix, counts in pairs({ ['n:'] = more, ['o:'] = moreOpen, ['t:'] = moreTimed }) do
    for place, change in pairs(counts) do
      if change ~= 0 then redis.call('HINCRBY', KEYS[1], prefix .. string.match(KEYS[place], '[^:]+$'), change) end
    end
  end
end
return {committed, before, unpack(found)}
`)
