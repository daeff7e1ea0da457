/*
 * The epochs of a shared store are one hash: #generation, #clock, #floor (what forgotten marks leave, see epochs.ts)
 * and a field for each mark. In one key they are evicted or flushed together, so a lost purge always shows as a lost
 * generation.
 *
 * Both scripts begin with a write that takes no memory (HDEL of a field that is never there): a Redis that is out of
 * memory refuses a script's first write if it may take some, and does not stop a script midway. Purges must go on.
 */

/**
 * KEYS: hash. ARGV: candidate generation, channel, maximum of fields, marks. Returns {generation, epoch}.
 *
 * With more fields some are forgotten: of 64 that Redis picks at random those below the floor, which rises to the oldest
 * quarter of them when fewer than an eighth are. No look at all of them: that would hold up everybody for 30 ms.
 */
export const PURGE = `
local hash = KEYS[1]
redis.call('HDEL', hash, '')
local function forget()
  local picked = redis.call('HRANDFIELD', hash, 64, 'WITHVALUES')
  local marks = {}
  for i = 1, #picked, 2 do
    if string.sub(picked[i], 1, 1) ~= '#' then
      marks[#marks + 1] = {name = picked[i], epoch = tonumber(picked[i + 1])}
    end
  end
  table.sort(marks, function(a, b) return a.epoch < b.epoch end)
  local floor = tonumber(redis.call('HGET', hash, '#floor') or '0')
  if marks[math.ceil(#marks / 8)].epoch > floor then
    floor = marks[math.ceil(#marks / 4)].epoch
    redis.call('HSET', hash, '#floor', floor)
  end
  for _, mark in ipairs(marks) do
    if mark.epoch <= floor then redis.call('HDEL', hash, mark.name) end
  end
end
local generation = redis.call('HGET', hash, '#generation')
if not generation then
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
while redis.call('HLEN', hash) > tonumber(ARGV[3]) do forget() end
redis.call('PUBLISH', ARGV[2], cjson.encode({generation = generation, epoch = epoch, marks = marks}))
return {generation, epoch}
`

/** KEYS: hash. ARGV: candidate generation. Makes the hash when there is none; returns all of it. */
export const LOAD = `
redis.call('HDEL', KEYS[1], '')
redis.call('HSETNX', KEYS[1], '#generation', ARGV[1])
return redis.call('HGETALL', KEYS[1])
`
