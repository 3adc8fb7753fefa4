// A queue at work, without a qmail: messages injected, preprocessed, delivered and ended with qmail's own steps in
// qmail's own order, a few hundred at a time, as fast as it can. `node busy-queue.mjs QUEUE SPLIT`; ends with its stdin.
import fs from 'node:fs'

const [, , dir, splitText] = process.argv
const split = Number(splitText)
process.chdir(dir)
process.umask(0)
const {uid: queueUid, gid} = fs.statSync('mess')
const {uid: sendUid} = fs.statSync('info')
const isRoot = process.getuid() === 0
const at = (part, n) => `${part}/${n % split}/${n}`
let serial = 0

/** As the user that qmail's program is: a file never has another owner, not for an instant. */
const write = (path, text, {uid, mode}) => {
  if (isRoot) {
    process.setegid(gid)
    process.seteuid(uid)
  }
  const fd = fs.openSync(path, 'wx', mode)
  if (isRoot) {
    process.seteuid(0)
    process.setegid(0)
  }
  fs.writeSync(fd, text)
  return fd
}

/** One life of a message, a system call or two at each step. */
function* life(seed) {
  const scratch = `pid/${process.pid}.${serial++}.1`
  const mess = write(scratch, '', {uid: queueUid, mode: 0o644})
  const n = fs.fstatSync(mess).ino
  yield
  fs.linkSync(scratch, at('mess', n))
  yield
  fs.unlinkSync(scratch)
  yield
  fs.writeSync(mess, 'Received: (qmail 1 invoked by uid 0); 1 Jan 2026 00:00:00 -0000\n\nbody\n')
  fs.closeSync(mess)
  yield
  const intd = write(`intd/${n}`, 'u0\0p1\0Fs@x.example\0', {uid: queueUid, mode: 0o644})
  yield
  fs.writeSync(intd, 'Ta@x.example\0Tb@x.example\0')
  fs.closeSync(intd)
  yield
  fs.linkSync(`intd/${n}`, `todo/${n}`)
  yield
  const info = write(at('info', n), '', {uid: sendUid, mode: 0o600})
  yield
  const channels = seed % 3 === 0 ? ['local', 'remote'] : ['remote']
  const files = channels.map(channel => write(at(channel, n), 'Ta@x.ex', {uid: sendUid, mode: 0o600}))
  yield
  fs.writeSync(info, 'Fs@x.example\0')
  fs.closeSync(info)
  for (const fd of files) {
    fs.writeSync(fd, 'ample\0')
    fs.closeSync(fd)
  }
  yield
  fs.unlinkSync(`intd/${n}`)
  yield
  fs.unlinkSync(`todo/${n}`)
  yield
  if (seed % 4 === 0) fs.closeSync(write(`bounce/${n}`, '<a@x.example>:\nno\n\n', {uid: sendUid, mode: 0o600}))
  yield
  for (const channel of channels) {
    const fd = fs.openSync(at(channel, n), 'r+')
    fs.writeSync(fd, 'D', 0)
    fs.closeSync(fd)
    yield
    fs.unlinkSync(at(channel, n))
    yield
  }
  if (seed % 4 === 0) fs.unlinkSync(`bounce/${n}`)
  yield
  fs.unlinkSync(at('info', n))
  yield
  fs.unlinkSync(at('mess', n))
}

process.stdin.resume()
let stopping = false
process.stdin.on('end', () => {
  stopping = true
})
const lives = []
let ended = 0
const turn = () => {
  for (let i = 0; i < 300; i++) {
    if (lives.length < 300 && !stopping) lives.push(life(serial))
    const index = (i * 7919) % Math.max(1, lives.length)
    if (lives[index]?.next().done) {
      lives.splice(index, 1)
      if (++ended % 100 === 0) process.stdout.write(`${ended}\n`)
    }
  }
  if (stopping && lives.length === 0) {
    process.stdout.write(`${ended}\n`)
    process.exit(0)
  }
  setImmediate(turn)
}
turn()
process.stdout.write('ready\n')
