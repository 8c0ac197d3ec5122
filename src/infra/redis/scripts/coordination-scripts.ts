import { LuaScript } from '../lua-script.ts'

// A few bytes each, and allowed when the memory is full: a swarm should not lose its coordinator over that.

/** So long after an accepted loss, in seconds, a swarm that is claimed for the first time counts as one that was lost. */
const NEW_AFTER_S = 60

/**
 * Makes a node the coordinator of a scope and raises the scope's epoch, unless another node coordinates it.
 *
 * Where Redis was started again since the last claim, it may have lost the newest event numbers. Then the log goes
 * on above what the claimant has seen; where it has seen nothing, `skip` above what is left. The same holds for the
 * first claim after an operator accepted the loss of the store.
 *
 * KEYS: coordinator, meta, marker. ARGV: node, time to live in ms, origin of epochs in seconds, least sequence number,
 * skip after a start of Redis, skip after a loss, store id, name of the scope in the marker.
 * Returns {1, epoch, accepted loss or ''}, {0, the coordinating node}, {-2} when the store is another one, or {-3} when
 * the scope was claimed before and its numbers are gone.
 */
export const claimScript = new LuaScript(`#!lua flags=allow-oom
local marker = redis.call('HMGET', KEYS[3], 'id', 'accepted', ARGV[8], 'acceptedAt')
if marker[1] ~= ARGV[7] then return {-2} end
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return {0, holder} end

local meta = redis.call('HMGET', KEYS[2], 'epoch', 'sequence', 'runId', 'storeId')
if marker[3] and not meta[1] then return {-3} end
local runId = string.match(redis.call('INFO', 'server'), 'run_id:(%w+)')
local epoch = math.max(tonumber(meta[1] or '0') + 1, tonumber(redis.call('TIME')[1]) - tonumber(ARGV[3]))
local sequence, floor = tonumber(meta[2] or '0'), tonumber(ARGV[4])
local hasLost = false
if marker[2] and meta[1] then
  hasLost = meta[4] ~= ARGV[7]
elseif marker[2] then
  -- Nothing tells a swarm that was lost from a new one, but that somebody has seen it, or that it comes at once.
  hasLost = floor > 0 or redis.call('TIME')[1] - marker[4] < ${NEW_AFTER_S}
end
if floor > sequence then
  sequence = floor
elseif floor == 0 and hasLost then
  sequence = sequence + ARGV[6]
elseif floor == 0 and meta[3] and meta[3] ~= runId then
  sequence = sequence + ARGV[5]
end

redis.call('HSET', KEYS[2], 'epoch', string.format('%.0f', epoch), 'sequence', string.format('%.0f', sequence), 'runId', runId, 'storeId', ARGV[7])
redis.call('HSET', KEYS[3], ARGV[8], string.format('%.0f', epoch))
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return {1, epoch, hasLost and marker[2] or ''}
`)

/**
 * A key that lapsed while Redis or the node was slow is set again: as long as the epoch is the claim's, nobody has
 * coordinated since.
 *
 * KEYS: coordinator, meta. ARGV: node, epoch, time to live in ms. Returns 1, or 0 when a later claim was made.
 */
export const renewScript = new LuaScript(`#!lua flags=allow-oom
if redis.call('HGET', KEYS[2], 'epoch') ~= ARGV[2] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[3])
return 1
`)

/**
 * Ends the node's claim, and no newer one. Where a successor is named, the key names it, so that it alone can claim.
 *
 * KEYS: coordinator, meta. ARGV: node, epoch, successor or '', time to live in ms.
 */
export const releaseScript = new LuaScript(`#!lua flags=allow-oom
if redis.call('GET', KEYS[1]) ~= ARGV[1] or redis.call('HGET', KEYS[2], 'epoch') ~= ARGV[2] then return 0 end
if ARGV[3] == '' then redis.call('DEL', KEYS[1]) else redis.call('SET', KEYS[1], ARGV[3], 'PX', ARGV[4]) end
return 1
`)
