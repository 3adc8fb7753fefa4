// A mail store of any size as SmarterMail lays one out: domains, users, folders, files of many mails with attachments.
import {createHash, createCipheriv} from 'node:crypto'
import {closeSync, mkdirSync, openSync, writeFileSync, writeSync} from 'node:fs'
import {join} from 'node:path'

/** Numbers below 1, the same ones every time. */
const random = seed => {
  let state = seed
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
}

const noise = (bytes, seed) => createCipheriv('aes-256-ctr', createHash('sha256').update(String(seed)).digest(), Buffer.alloc(16)).update(Buffer.alloc(bytes))

const words = next => Array.from({length: 6000}, () => Array.from({length: 2 + Math.floor(next() * 9)}, () => String.fromCharCode(97 + Math.floor(next() * next() * 26))).join(''))

/** Megabytes of mail to cut files from: headers, text by Zipf's law, HTML, base64 of what has been compressed already. */
const mailText = (bytes, next) => {
  const known = words(next)
  const parts = []
  for (let length = 0, n = 0; length < bytes; n++) {
    const text = Array.from({length: 150}, () => known[Math.floor(known.length * next() ** 3)]).join(' ').replace(/(.{60,76}) /g, '$1\r\n')
    const html = `<html><body><table style="font-family:Arial"><tr><td>${text.replaceAll('\r\n', '<br>\r\n')}</td></tr></table></body></html>\r\n`
    const attachment = next() < 0.12 ? noise(2000 + Math.floor(next() * 60_000), n).toString('base64').replace(/(.{76})/g, '$1\r\n') : ''
    const mail = `Received: from mail${n % 50}.example.net (192.0.2.${n % 250}) by mx.example.org; Sun, 22 Nov 2026 01:${n % 60}:00 +0000\r\nMessage-ID: <${noise(12, -n).toString('hex')}@example.net>\r\nSubject: ${text.slice(0, 40)}\r\n\r\n${text}\r\n${html}${attachment}\r\n`
    parts.push(mail)
    length += mail.length
  }
  return Buffer.from(parts.join(''), 'latin1')
}

const ROOT = 'C:\\SmarterMail\\Domains'

/** Makes `megabytes` of mail in 40 domains below a directory; gives how many files and bytes. */
export const mailStore = (directory, megabytes) => {
  const next = random(6)
  const text = mailText(48 << 20, next)
  const domains = Array.from({length: 40}, (_, n) => `domain${n}.example`)
  mkdirSync(join(directory, 'Service'), {recursive: true})
  const list = domains.map(name => `  <Domain name="${name}" path="${ROOT}\\${name}" ip="192.0.2.10" />\r\n`).join('')
  writeFileSync(join(directory, 'Service/domainList.xml'), `<?xml version="1.0"?>\r\n<DomainList>\r\n${list}</DomainList>\r\n`)
  writeFileSync(join(directory, 'Service/mailConfig.xml'), '<?xml version="1.0"?>\r\n<mailConfig>\r\n</mailConfig>\r\n')
  let bytes = 0
  let files = 0
  while (bytes < megabytes * 2 ** 20) {
    const folder = join(directory, 'Domains', domains[files % domains.length], 'Users', `user${files % 700}`, 'Mail', ['Inbox', 'Sent Items', 'Junk E-Mail'][files % 3])
    mkdirSync(folder, {recursive: true})
    // Most folders are small, some hold years of mail.
    const size = Math.floor(next() < 0.08 ? next() * 2 ** 24 : next() * 2 ** 17)
    const fd = openSync(join(folder, `${files}.grp`), 'w')
    const from = Math.floor(next() * (text.length - size))
    writeSync(fd, text, from, size)
    closeSync(fd)
    bytes += size
    files++
  }
  return {files, bytes}
}
