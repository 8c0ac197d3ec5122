import { LuaScript } from '../lua-script.ts'

/*
 * The marker is one hash outside the swarms' keys. Its fields:
 *   id        names this store; absent where the store is lost
 *   lost      JSON of the loss that a node found, until an operator accepts it
 *   replaces  ids of the stores whose loss was accepted, oldest first, with spaces between them
 *   accepted  JSON of the newest loss that was accepted; acceptedAt: when, in seconds of the clock of Redis
 *   w:<witness>  the newest beat of one data directory, in milliseconds of the clock of Redis
 *   s:<scope>    the epoch of the scope's newest claim
 */

/** Names a store that has no name and no loss. KEYS: marker. ARGV: id. Returns id, lost, replaces. */
export const nameStoreScript = new LuaScript(`#!lua flags=allow-oom
local marker = redis.call('HMGET', KEYS[1], 'id', 'lost', 'replaces')
if not marker[1] and not marker[2] then
  redis.call('HSET', KEYS[1], 'id', ARGV[1])
  marker[1] = ARGV[1]
end
return {marker[1] or '', marker[2] or '', marker[3] or ''}
`)

/**
 * Compares the store with what a node remembers of it and, where it is the same and not older, leaves a new beat.
 *
 * KEYS: marker. ARGV: id, witness, newest beat that was answered, milliseconds of beats that may be missing.
 * Returns id, lost, replaces, and the new beat or 0 where none was left.
 */
export const beatScript = new LuaScript(`#!lua flags=allow-oom
local field = 'w:' .. ARGV[2]
local marker = redis.call('HMGET', KEYS[1], 'id', 'lost', 'replaces', field)
local answer = {marker[1] or '', marker[2] or '', marker[3] or '', 0}
local beat = tonumber(marker[4] or '0')
if marker[1] ~= ARGV[1] or beat < tonumber(ARGV[3]) - tonumber(ARGV[4]) then return answer end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
answer[4] = math.max(beat + 1, now)
redis.call('HSET', KEYS[1], field, string.format('%.0f', answer[4]))
return answer
`)

/** Takes the name off a store that is not what it was. KEYS: marker. ARGV: id as found, loss. */
export const markLostScript = new LuaScript(`#!lua flags=allow-oom
local marker = redis.call('HMGET', KEYS[1], 'id', 'lost')
if marker[2] or (marker[1] or '') ~= ARGV[1] then return 0 end
redis.call('HDEL', KEYS[1], 'id')
redis.call('HSET', KEYS[1], 'lost', ARGV[2])
return 1
`)

/**
 * Gives what is there a new name, and forgets all beats and claims.
 *
 * KEYS: marker. ARGV: id as found ('' where there is none), new id, replaced ids, loss. Returns 0 where the id is another.
 */
export const acceptLossScript = new LuaScript(`#!lua flags=allow-oom
if (redis.call('HGET', KEYS[1], 'id') or '') ~= ARGV[1] then return 0 end
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], 'id', ARGV[2], 'replaces', ARGV[3], 'accepted', ARGV[4], 'acceptedAt', redis.call('TIME')[1])
return 1
`)
