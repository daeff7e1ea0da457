/*
 * The epochs of a shared store are one hash: #generation, #clock and a field for each mark. In one key they
 * are evicted or flushed together, so a lost purge always shows as a lost generation.
 *
 * Both scripts begin with a write that takes no memory (HDEL of a field that is never there): a Redis that is out of
 * memory refuses a script's first write if it may take some, and does not stop a script midway. Purges must go on.
 */

/** KEYS: hash. ARGV: candidate generation, channel, maximum of fields, marks. Returns {generation, epoch}. */
export const PURGE = `
local hash = KEYS[1]
redis.call('HDEL', hash, '')
local generation = redis.call('HGET', hash, '#generation')
if not generation or redis.call('HLEN', hash) > tonumber(ARGV[3]) then
  redis.call('DEL', hash)
  generation = ARGV[1]
  redis.call('HSET', hash, '#generation', generation)
end
local epoch = redis.call('HINCRBY', hash, '#clock', 1)
local marks = {}
for i = 4, #ARGV do
  redis.call('HSET', hash, ARGV[i], epoch)
  marks[#marks + 1] = ARGV[i]
end
redis.call('PUBLISH', ARGV[2], cjson.encode({generation = generation, epoch = epoch, marks = marks}))
return {generation, epoch}
`

/** KEYS: hash. ARGV: candidate generation. Makes the hash when there is none; returns all of it. */
export const LOAD = `
redis.call('HDEL', KEYS[1], '')
redis.call('HSETNX', KEYS[1], '#generation', ARGV[1])
return redis.call('HGETALL', KEYS[1])
`
