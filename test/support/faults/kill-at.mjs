// Loaded with `node --import`: kills the process (SIGKILL) at the n-th call that changes a file system, so that a test
// can walk every instant of a command. MAILOPS_TEST_KILL_AT=n: die just before the n-th such call; `n+`: die in the
// middle of the n-th, when it is a write (half of its bytes reach the file), else just before it.
// MAILOPS_TEST_FAIL_AT=n:CODE makes that call fail with an errno instead. MAILOPS_TEST_CALLS=FILE: the calls are
// listed there as they happen. Nothing in the product knows of this file.
import fs from 'node:fs'
import {syncBuiltinESMExports} from 'node:module'

const CHANGING = [
  'openSync', 'writeSync', 'writeFileSync', 'renameSync', 'linkSync', 'unlinkSync', 'rmdirSync', 'mkdirSync', 'rmSync',
  'symlinkSync', 'ftruncateSync', 'truncateSync', 'fchmodSync', 'chmodSync', 'fchownSync', 'chownSync', 'lchownSync',
  'futimesSync', 'utimesSync', 'lutimesSync', 'fsyncSync', 'fdatasyncSync', 'copyFileSync', 'appendFileSync', 'cpSync',
]

const wanted = process.env['MAILOPS_TEST_KILL_AT'] ?? ''
const half = wanted.endsWith('+')
const killAt = Number.parseInt(wanted, 10)
const [failAt = Number.NaN, failCode = ''] = (process.env['MAILOPS_TEST_FAIL_AT'] ?? '').split(':').map((part, index) => (index === 0 ? Number(part) : part))
const listing = process.env['MAILOPS_TEST_CALLS']
const list = listing === undefined ? -1 : fs.openSync(listing, 'a', 0o600)
const {O_CREAT, O_TRUNC} = fs.constants
const original = {...fs}
let calls = 0

// Opening for reading changes nothing; counting it would only make the walk longer.
const changes = (name, args) =>
  name !== 'openSync' || (typeof args[1] === 'number' ? (args[1] & (O_CREAT | O_TRUNC)) !== 0 : /[wa]/.test(args[1] ?? 'r'))

const ours = args => !(typeof args[0] === 'number' && args[0] <= 2)

const tear = (name, args) => {
  if (name === 'writeSync' && ArrayBuffer.isView(args[1])) {
    const [fd, data, offset = 0, length = data.byteLength - offset, position = null] = args
    original.writeSync(fd, data, offset, Math.floor(length / 2), position)
  }
  if (name === 'writeFileSync' && ArrayBuffer.isView(args[1]))
    original.writeFileSync(args[0], args[1].subarray(0, Math.floor(args[1].byteLength / 2)), args[2])
}

for (const name of CHANGING)
  fs[name] = (...args) => {
    if (!ours(args) || !changes(name, args)) return original[name](...args)
    calls++
    // By descriptor: the other ways to append go through the very functions that are counted.
    if (list >= 0) original.writeSync(list, `${calls} ${name} ${String(args[0])}\n`)
    if (calls === killAt) {
      if (half) tear(name, args)
      process.kill(process.pid, 'SIGKILL')
      for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
    }
    if (calls === failAt) throw Object.assign(new Error(`${failCode}: test, ${name}`), {code: failCode, errno: -28, syscall: name})
    return original[name](...args)
  }
syncBuiltinESMExports()

// For walks with failures: how many calls there were, so that the walker knows the end.
if (process.env['MAILOPS_TEST_FAIL_AT'] !== undefined) process.on('exit', () => original.writeSync(1, `${calls}\n`))
