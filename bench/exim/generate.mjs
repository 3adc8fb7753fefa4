// Writes a mainlog as a busy cPanel server under attack has it: every fourth line a failed login, a third of the rest mail of users.
import {closeSync, openSync, writeSync} from 'node:fs'

/** Numbers that look random and are the same on every run (mulberry32). */
const randomFrom = seed => {
  let state = seed
  return limit => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit
  }
}

const two = value => String(value).padStart(2, '0')
const stampOf = seconds => {
  const date = new Date(seconds * 1000)
  return `${date.getUTCFullYear()}-${two(date.getUTCMonth() + 1)}-${two(date.getUTCDate())} ${two(date.getUTCHours())}:${two(date.getUTCMinutes())}:${two(date.getUTCSeconds())}`
}

const ipOf = (first, n) => `${first}.${(n >>> 16) & 255}.${(n >>> 8) & 255}.${n & 255}`
const idOf = n => `1x${n.toString(36).padStart(4, '0').slice(-4)}-00${(n % 1679616).toString(36).padStart(4, '0')}-2H`

/** One failed login: the attack mostly, by 300 machines at a time out of 20,000, users with an old password, the service monitor, clients that give up. */
const failure = (stamp, random, when) => {
  const kind = random(1000)
  if (kind < 4) return `${stamp} dovecot_plain authenticator failed for (localhost) [127.0.0.1]: 535 Incorrect authentication data (set_id=__cpanel__service__auth__exim__AbCdEfGh12345678)\n`
  if (kind < 30) return `${stamp} dovecot_login authenticator failed for (x) [${ipOf(45, random(4000))}]:${1024 + random(60000)}: 535 Incorrect authentication data\n`
  if (kind < 130) {
    const user = random(400)
    return `${stamp} dovecot_login authenticator failed for host${user}.isp.example ([192.168.1.${user % 250}]) [${ipOf(81, user)}]:${1024 + random(60000)}: 535 Incorrect authentication data (set_id=user${user}@shop${user % 50}.example)\n`
  }
  return `${stamp} dovecot_login authenticator failed for (User) [${ipOf(45, Math.floor(when * 20_000) + random(300))}]:${1024 + random(60000)}: 535 Incorrect authentication data (set_id=name${random(400)}@shop${random(50)}.example)\n`
}

/** Any other line. */
const other = (stamp, n, random) => {
  const id = idOf(n)
  const user = random(3000)
  switch (random(6)) {
    case 0:
      return `${stamp} ${id} <= user${user}@shop${user % 50}.example H=host${user}.isp.example [${ipOf(81, user)}]:${1024 + random(60000)} P=esmtpsa X=TLS1.3:TLS_AES_256_GCM_SHA384:256 CV=no A=dovecot_login:user${user}@shop${user % 50}.example S=${1000 + random(90000)} T="Re: order ${n}"\n`
    case 1: return `${stamp} ${id} Completed\n`
    case 2: return `${stamp} ${id} => someone${user}@mail.example R=dkim_lookuphost T=dkim_remote_smtp H=mx.mail.example [198.51.100.${user % 250}] C="250 2.0.0 OK"\n`
    case 3: return `${stamp} SMTP connection from (User) [${ipOf(45, random(20_000))}]:${user} closed by DROP in ACL\n`
    case 4: return `${stamp} no host name found for IP address ${ipOf(45, random(20_000))}\n`
    default: return `${stamp} ${id} <= list@news.example H=out.news.example [203.0.113.${user % 250}]:${user} P=esmtps X=TLS1.3:TLS_AES_256_GCM_SHA384:256 CV=no S=${random(90000)} id=${n}@news.example T="News"\n`
  }
}

/**
 * Writes the log; the same for the same numbers.
 * @returns how many lines and failures are in it
 */
export const generateLog = (path, {lines, seed = 1, start = 1_767_225_600, spanSeconds = 7 * 86_400}) => {
  const random = randomFrom(seed)
  const fd = openSync(path, 'w')
  let failures = 0
  let text = ''
  for (let n = 0; n < lines; n++) {
    const stamp = stampOf(start + Math.floor((n / lines) * spanSeconds))
    const isFailure = n % 4 === 0
    text += isFailure ? failure(stamp, random, n / lines) : other(stamp, n, random)
    if (isFailure) failures++
    if (text.length > 1 << 20) {
      writeSync(fd, text, null, 'latin1')
      text = ''
    }
  }
  writeSync(fd, text, null, 'latin1')
  closeSync(fd)
  return {lines, failures}
}
