// The tarball as a stranger installs it: `npm pack`, `npm install -g` into an empty prefix under each Node line and once
// without the addon of SQLite, then every command from /, as root and as an ordinary user.
// Usage: node test/install.mjs [NODE_DIRECTORY...]   each with bin/node, and include/node for the addon. npm's own set-up applies.
import {spawnSync} from 'node:child_process'
import {chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {delimiter, join} from 'node:path'

const ROOT = join(import.meta.dirname, '..')
const base = mkdtempSync(join(tmpdir(), 'mailops-install-'))
chmodSync(base, 0o755)
process.on('exit', () => rmSync(base, {recursive: true, force: true}))
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1))

let passed = 0
let failed = 0
/** Counts a check; says what was wrong. */
const check = (what, {status, stdout, stderr}, {is = 0, matches = /(?:)/} = {}) => {
  if (status === is && matches.test(stdout)) return void passed++
  failed++
  console.log(`not as it should be: ${what}\n  status ${status}, ${is} was wanted\n  ${(stdout + stderr).trim().split('\n').slice(0, 8).join('\n  ')}`)
}

const run = (command, args, {cwd = '/', env = {}} = {}) => {
  const {status, stdout, stderr, error} = spawnSync(command, args, {cwd, encoding: 'utf8', input: '', maxBuffer: 1 << 26, env: {...process.env, ...env}})
  return {status, stdout: stdout ?? '', stderr: error?.message ?? stderr}
}
const must = (command, args, options) => {
  const ended = run(command, args, options)
  if (ended.status !== 0) throw new Error(`${command} ${args.join(' ')}: ${ended.stderr}${ended.stdout}`)
  return ended.stdout
}

// In a copy: what packing builds must not stand in the way of somebody else's tests.
const copy = join(base, 'tree')
mkdirSync(copy)
must('sh', ['-c', 'tar -c --exclude=./node_modules/.cache --exclude=./build . | tar -x -C "$1"', 'sh', copy], {cwd: ROOT})
must('npm', ['pack', '--silent', '--pack-destination', base], {cwd: copy})
const tarball = join(base, readdirSync(base).find(name => name.endsWith('.tgz')))
const {commands} = JSON.parse(must(process.execPath, ['-p', 'JSON.stringify(JSON.parse(require("fs").readFileSync("bundle/oclif.manifest.json")))'], {cwd: copy}))
const ids = Object.values(commands).filter(({hidden}) => hidden !== true).map(({id}) => id.replaceAll(':', ' '))
rmSync(copy, {recursive: true})

const queue = join(base, 'queue')
for (const part of ['mess', 'info', 'local', 'remote', 'todo', 'intd', 'bounce', 'lock', 'pid']) mkdirSync(join(queue, part), {recursive: true})
for (const part of ['mess', 'info', 'local', 'remote']) for (let n = 0; n < 23; n++) mkdirSync(join(queue, part, String(n)))
const map = join(base, 'transport.regexp')
writeFileSync(map, ['join', 'leave', 'owner'].map(name => `/^list-${name}@example\\.com$/ mailman:\n`).join(''))

const users = [{name: 'root', as: []}]
if (process.getuid?.() === 0) users.push({name: 'nobody', as: ['setpriv', '--reuid', 'nobody', '--regid', 'nogroup', '--clear-groups']})

/** Every command of one installation, as one user. */
const tryOut = (where, prefix, {env, user, sqlite}) => {
  const home = mkdtempSync(join(base, 'home-'))
  chmodSync(home, 0o777)
  const own = {...env, HOME: home, MAILOPS_STATE_DIR: join(home, 'state'), MAILOPS_RUN_DIR: join(home, 'run')}
  const mailops = (...args) => {
    const [command, ...rest] = [...user.as, join(prefix, 'bin/mailops'), ...args]
    return run(command, rest, {env: own})
  }
  const title = what => `${where}, as ${user.name}: mailops ${what}`
  check(title('--version'), mailops('--version'), {matches: /^mailops\/\d/})
  for (const id of ids) check(title(`${id} --help`), mailops(...id.split(' '), '--help'), {matches: /USAGE|EXAMPLES/})
  check(title('doctor'), mailops('doctor', '--json'), {matches: /^\{/})
  check(title('qmail list'), mailops('qmail', 'list', '--queue', queue))
  check(title('postfix optimize-regexp'), mailops('postfix', 'optimize-regexp', map), {matches: /mailman:/})
  check(title('a typo'), mailops('qmail', 'lsit'), {is: 64})
  const store = ['--db', join(home, 'g.db'), '--socket', join(home, 'none.sock')]
  if (!sqlite) return check(title('greylist serve'), mailops('greylist', 'serve', ...store), {is: 69})
  own.TCPREMOTEIP = '203.0.113.9'
  check(title('greylist filter'), mailops('greylist', 'filter', '--db', join(home, 'g.db'), '--', '/bin/echo', 'passed'), {matches: /^220 /})
  check(title('greylist list'), mailops('greylist', 'list', ...store), {matches: /203\.0\.113/})
}

const nodes = [{name: process.version, env: {}}]
for (const at of process.argv.slice(2)) {
  const env = {PATH: `${join(at, 'bin')}${delimiter}${process.env['PATH']}`, npm_config_nodedir: at}
  nodes.push({name: must(join(at, 'bin/node'), ['--version']).trim(), env})
}
const install = (name, {env, flags = []}) => {
  const prefix = join(base, name)
  must('npm', ['install', '--global', '--silent', '--no-audit', '--no-fund', ...flags, '--prefix', prefix, tarball], {env})
  return prefix
}
for (const [n, {name, env}] of nodes.entries()) {
  const prefix = install(`node-${n}`, {env})
  for (const user of users) tryOut(`Node ${name}`, prefix, {env, user, sqlite: true})
  check(`Node ${name}: mailops-greylist`, run(join(prefix, 'bin/mailops-greylist'), ['--version']), {matches: /^mailops-greylist \d.*\((?:C|Perl)\)/})
}
const bare = install('bare', {env: {}, flags: ['--omit=optional', '--ignore-scripts']})
for (const user of users) tryOut('without better-sqlite3', bare, {env: {}, user, sqlite: false})

console.log(`${passed} passed, ${failed} failed`)
process.exitCode = failed === 0 ? 0 : 1
