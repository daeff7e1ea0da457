/** Lua for wrk: which keys are asked for. Paths are the origin's, see origin.ts. */

/** The same keys one after the other; each `everyWrite`th request is a POST to some other key. @default no writes */
export const cyclingKeys = (keys: number, everyWrite = 0): string => `
local requests, n, writes = {}, 0, 0
init = function()
  for i = 1, ${keys} do requests[i] = wrk.format("GET", "/k/" .. i) end
end
request = function()
  n = n + 1
  ${everyWrite > 0 ? writing(keys, everyWrite) : ''}
  return requests[n % ${keys} + 1]
end
`

const writing = (keys: number, everyWrite: number): string => `if n % ${everyWrite} == 0 then
    writes = writes + 7
    return wrk.format("POST", "/k/" .. (writes % ${keys} + 1))
  end`

/** Hot keys, and each `everyNew`th request one that nobody ever asked for. @param salt other in each run */
export const someNewKeys = (everyNew: number, salt: string): string => `
local hot, n = {}, 0
init = function()
  for i = 1, 100 do hot[i] = wrk.format("GET", "/k/" .. i) end
end
request = function()
  n = n + 1
  if n % ${everyNew} == 0 then return wrk.format("GET", "/k/${salt}-" .. n) end
  return hot[n % 100 + 1]
end
`

/** Each of so many keys once, after the first `from` of them, then the first again. */
export const everyKeyOnce = (keys: number, from: number): string => `
local n = ${from}
request = function()
  n = n % ${keys} + 1
  return wrk.format("GET", "/small/" .. n)
end
`

/** Any of so many keys. */
export const anyKey = (keys: number): string => `
request = function() return wrk.format("GET", "/small/" .. math.random(${keys})) end
`
