// The transition of policy/transition.ts in Lua: all of one turn's questions in one atomic round trip (Redis or Valkey).
import {LOST} from '../../metrics/names.js'

/** Keys share a hash tag, so that a cluster keeps them in one slot. */
export const PREFIX = '{mailops:greylist}:'

/*
 * A value is `first:last:passed:tries:seq:group`; its key is e:<network>\n<sender>\n<recipient>. Pending ones stand in the
 * sorted set p by first sight (member `<seq>|<key>`), passed ones in w by their end; groups counts the pending of each /16 or /48.
 * Script effects are deterministic but for TTLs, so replicas and the append-only file follow.
 */
const LIBRARY = `
local P = '${PREFIX}'
local function read(key)
  local v = redis.call('GET', P .. 'e:' .. key)
  if not v then return nil end
  local f, l, p, t, s, g = string.match(v, '^(%d+):(%d+):(%d+):(%d+):(%d+):(%d*)$')
  if not f then return nil end
  return {key = key, first = tonumber(f), last = tonumber(l), passed = tonumber(p), tries = tonumber(t), seq = s, group = g}
end
local function num(n) return string.format('%.0f', n) end
local function member(e) return string.format('%016d', tonumber(e.seq)) .. '|' .. e.key end
local function unlist(e)
  if e.passed > 0 then redis.call('ZREM', P .. 'w', e.key) return end
  if redis.call('ZREM', P .. 'p', member(e)) == 1 and e.group ~= '' then
    if redis.call('HINCRBY', P .. 'groups', e.group, -1) <= 0 then redis.call('HDEL', P .. 'groups', e.group) end
  end
end
local function write(e, now, window, keep)
  local ttl
  if e.passed > 0 then
    ttl = e.last + keep - now
    redis.call('ZADD', P .. 'w', num(e.last + keep), e.key)
  else
    -- An hour more than it counts, so that the sweep can still tell who never came back.
    ttl = e.first + window - now + 3600000
    if redis.call('ZADD', P .. 'p', num(e.first), member(e)) == 1 and e.group ~= '' then redis.call('HINCRBY', P .. 'groups', e.group, 1) end
  end
  if ttl < 1 then ttl = 1 end
  redis.call('SET', P .. 'e:' .. e.key, num(e.first) .. ':' .. num(e.last) .. ':' .. num(e.passed) .. ':' .. num(e.tries) .. ':' .. e.seq .. ':' .. e.group, 'PX', num(ttl))
end
local function drop(e)
  unlist(e)
  redis.call('DEL', P .. 'e:' .. e.key)
end
local function lose(e)
  redis.call('LPUSH', P .. 'lost', num(e.first) .. ':' .. num(e.last) .. ':' .. num(e.tries) .. ':' .. e.key)
  redis.call('LTRIM', P .. 'lost', 0, 9999)
  local day = P .. 'counts:' .. num(math.floor(e.first / 86400000))
  redis.call('HINCRBY', P .. 'counts', '${LOST}', 1)
  redis.call('HINCRBY', day, '${LOST}', 1)
  redis.call('EXPIRE', day, 34560000)
end
local function fresh(key, group) return {key = key, seq = tostring(redis.call('INCR', P .. 'seq')), group = group} end
`

/** ARGV: perGroup, most pending, then eleven values a question. Gives outcome, first, last, tries, seen for each. */
export const DECIDE = `${LIBRARY}
local perGroup, most = tonumber(ARGV[1]), tonumber(ARGV[2])
local out = {}
local function answer(outcome, first, last, tries, seen)
  out[#out + 1] = outcome
  out[#out + 1] = num(first)
  out[#out + 1] = num(last)
  out[#out + 1] = num(tries)
  out[#out + 1] = seen
end
for n = 3, #ARGV, 12 do
  local net, sender, rcpt, group = ARGV[n], ARGV[n + 1], ARGV[n + 2], ARGV[n + 3]
  local now, delay, window, keep = tonumber(ARGV[n + 4]), tonumber(ARGV[n + 5]), tonumber(ARGV[n + 6]), tonumber(ARGV[n + 7])
  local passNetwork, spf, domain, dry = ARGV[n + 8] == '1', ARGV[n + 9], ARGV[n + 10], ARGV[n + 11] == '1'
  local touch = math.min(3600000, keep / 4)
  local function standing(e)
    if not e then return nil end
    if e.passed > 0 then if now - e.last <= keep then return 'passed' end return nil end
    if now - e.first > window then return nil end
    if now - e.first >= delay then return 'ripe' end
    return 'waits'
  end
  local netKey = net .. '\\n\\n'
  local network = read(netKey)
  local function pass(first, tries)
    local e = network
    if e then unlist(e) else e = fresh(netKey, group) end
    write({key = netKey, seq = e.seq, group = e.group, first = first, last = now, passed = now, tries = tries}, now, window, keep)
  end
  local function use(e)
    if dry or now - e.last < touch then return end
    e.last = now
    write(e, now, window, keep)
  end
  local function ripen(e)
    local first, tries = e.first, e.tries + 1
    if not dry then
      if e.key ~= netKey and passNetwork then
        pass(first, tries)
        drop(e)
      else
        unlist(e)
        e.last, e.passed, e.tries = now, now, tries
        write(e, now, window, keep)
      end
    end
    answer('ripe', first, now, tries, '')
  end
  local function byEntry(e)
    local state = standing(e)
    if state == 'ripe' then ripen(e) return true end
    if state ~= 'passed' then return false end
    local last = e.last
    use(e)
    answer('known', e.first, last, e.tries, '')
    return true
  end
  local function bySpf()
    if spf == '' then return false end
    local d = read('spf:' .. spf .. '\\n\\n')
    local state = standing(d)
    if state ~= 'passed' and state ~= 'ripe' then return false end
    local first, tries = d.first, d.tries + 1
    if not dry then
      pass(first, tries)
      if state == 'passed' then use(d) else
        unlist(d)
        d.passed, d.last, d.tries = now, now, tries
        write(d, now, window, keep)
      end
    end
    answer('spf', first, now, tries, '')
    return true
  end
  local function defer(e)
    local seen = ''
    if domain ~= '' and spf == '' and redis.call('EXISTS', P .. 'e:spf:' .. domain .. '\\n\\n') == 1 then seen = '1' end
    if e and standing(e) then
      e.tries, e.last = e.tries + 1, now
      if not dry then write(e, now, window, keep) end
      return answer('early', e.first, now, e.tries, seen)
    end
    if group ~= '' and tonumber(redis.call('HGET', P .. 'groups', group) or '0') >= perGroup then return answer('full', now, now, 1, '') end
    if not dry then
      if e then
        if e.passed == 0 then lose(e) end
        drop(e)
      end
      if redis.call('ZCARD', P .. 'p') >= most then
        local oldest = redis.call('ZPOPMIN', P .. 'p')[1]
        if oldest then
          local o = read(string.sub(oldest, 18))
          redis.call('ZADD', P .. 'p', 0, oldest)
          if o then lose(o) drop(o) else redis.call('ZREM', P .. 'p', oldest) end
        end
      end
      local f = fresh(net .. '\\n' .. sender .. '\\n' .. rcpt, group)
      f.first, f.last, f.passed, f.tries = now, now, 0, 1
      write(f, now, window, keep)
    end
    answer('new', now, now, 1, seen)
  end
  if not byEntry(network) then
    local isNet = sender == '' and rcpt == ''
    local e = network
    local done = false
    if not isNet then
      e = read(net .. '\\n' .. sender .. '\\n' .. rcpt)
      done = byEntry(e)
    end
    if not done and not bySpf() then defer(e) end
  end
end
return out
`

/** ARGV: now, window, keep, then key, group, first, last, passed, tries for each entry to put. */
export const PUT = `${LIBRARY}
local now, window, keep = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
for n = 4, #ARGV, 6 do
  local e = read(ARGV[n])
  if e then unlist(e) else e = fresh(ARGV[n], ARGV[n + 1]) end
  e.first, e.last, e.passed, e.tries = tonumber(ARGV[n + 2]), tonumber(ARGV[n + 3]), tonumber(ARGV[n + 4]), tonumber(ARGV[n + 5])
  write(e, now, window, keep)
end
return 0
`

/** ARGV: keys. Gives how many were there. */
export const REMOVE = `${LIBRARY}
local removed = 0
for n = 1, #ARGV do
  local e = read(ARGV[n])
  if e then drop(e) removed = removed + 1 end
end
return removed
`

/** ARGV: now, window, how many at most. Gives how many pending ones went, and how many are left to go. */
export const SWEEP = `${LIBRARY}
local now, window, limit = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local gone = redis.call('ZRANGEBYSCORE', P .. 'p', '-inf', '(' .. num(now - window), 'LIMIT', 0, limit)
local lost = 0
for _, m in ipairs(gone) do
  local e = read(string.sub(m, 18))
  if e and e.passed == 0 and member(e) == m then lose(e) drop(e) lost = lost + 1
  else redis.call('ZREM', P .. 'p', m) end
end
local old = redis.call('ZRANGEBYSCORE', P .. 'w', '-inf', num(now), 'LIMIT', 0, limit)
for _, key in ipairs(old) do redis.call('ZREM', P .. 'w', key) end
return {#gone + #old, lost}
`
