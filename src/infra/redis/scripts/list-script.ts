import { LuaScript } from '../lua-script.ts'

/**
 * A page of one kind's records in the order of their ids, as they all stand at one moment.
 *
 * KEYS: ids or open, records. ARGV: direction (`up` or `down`), exclusive start or '', most records.
 * Returns id, encoded record, id, encoded record, …
 */
export const listScript = new LuaScript(`#!lua flags=no-writes
local start, ids = ARGV[2], nil
if ARGV[1] == 'up' then
  ids = redis.call('ZRANGEBYLEX', KEYS[1], start == '' and '-' or '(' .. start, '+', 'LIMIT', 0, ARGV[3])
else
  ids = redis.call('ZREVRANGEBYLEX', KEYS[1], start == '' and '+' or '(' .. start, '-', 'LIMIT', 0, ARGV[3])
end
local page = {}
for _, id in ipairs(ids) do
  page[#page + 1] = id
  page[#page + 1] = redis.call('HGET', KEYS[2], id)
end
return page
`)
