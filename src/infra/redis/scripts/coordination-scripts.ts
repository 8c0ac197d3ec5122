import { LuaScript } from '../lua-script.ts'

// A few bytes each, and allowed when the memory is full: a swarm should not lose its coordinator over that.

/**
 * Makes a node the coordinator of a scope and raises the scope's epoch, unless another node coordinates it.
 *
 * Where Redis was started again since the last claim, it may have lost the newest event numbers. Then the log goes
 * on above what the claimant has seen; where it has seen nothing and `skip` is above 0, that far above what is left.
 *
 * KEYS: coordinator, meta. ARGV: node, time to live in ms, origin of epochs in seconds, least sequence number, skip.
 * Returns {1, epoch}, or {0, the coordinating node}.
 */
export const claimScript = new LuaScript(`#!lua flags=allow-oom
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return {0, holder} end

local meta = redis.call('HMGET', KEYS[2], 'epoch', 'sequence', 'runId')
local runId = string.match(redis.call('INFO', 'server'), 'run_id:(%w+)')
local epoch = math.max(tonumber(meta[1] or '0') + 1, tonumber(redis.call('TIME')[1]) - tonumber(ARGV[3]))
local sequence, floor, skip = tonumber(meta[2] or '0'), tonumber(ARGV[4]), tonumber(ARGV[5])
if floor > sequence then
  sequence = floor
elseif floor == 0 and meta[3] and meta[3] ~= runId then
  sequence = sequence + skip
end

redis.call('HSET', KEYS[2], 'epoch', string.format('%.0f', epoch), 'sequence', string.format('%.0f', sequence), 'runId', runId)
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return {1, epoch}
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
