// Builds the Debian packages: mailops for all architectures, mailops-greylist for this one.
// Usage: npm run deb [-- DIRECTORY]   (default: build/). Needs dpkg-deb, gzip and what `npm ci` has installed.
import {spawnSync} from 'node:child_process'
import {join} from 'node:path'

import fs from 'fs-extra'

const ROOT = join(import.meta.dirname, '..')
const {version, description, homepage} = JSON.parse(fs.readFileSync(join(ROOT, 'package.json'), 'utf8'))
const out = process.argv[2] ?? join(ROOT, 'build')
const NODE = 'nodejs (>= 20.19)'
const MAINTAINER = 'the mailops authors <mailops@localhost>'

const run = (command, args, options = {}) => {
  const {status, stdout, stderr, error} = spawnSync(command, args, {encoding: 'utf8', cwd: ROOT, ...options})
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${error?.message ?? stderr}`)
  return stdout
}

/** A package being put together in a directory of its own. */
class Tree {
  constructor(name) {
    this.name = name
    this.root = fs.mkdtempSync(join(out, `${name}-`))
    fs.chmodSync(this.root, 0o755)
  }

  at(path) {
    const whole = join(this.root, path)
    fs.ensureDirSync(join(whole, '..'))
    return whole
  }

  /** A file or a directory of the repository. Times and owners are dpkg-deb's to set. */
  copy(from, to, mode) {
    fs.copySync(join(ROOT, from), join(this.root, to), {dereference: true, filter: path => !path.endsWith('.tsbuildinfo')})
    if (mode !== undefined) fs.chmodSync(join(this.root, to), mode)
  }

  write(path, text, mode = 0o644) {
    fs.outputFileSync(join(this.root, path), text, {mode})
  }

  link(path, target) {
    fs.symlinkSync(target, this.at(path))
  }

  directory(path, mode) {
    fs.ensureDirSync(join(this.root, path), {mode})
  }

  build(control, scripts = {}) {
    const size = Math.ceil(Number(run('du', ['-sk', this.root]).split('\t')[0]))
    this.write('DEBIAN/control', `${Object.entries({...control, 'Installed-Size': size}).map(([key, value]) => `${key}: ${value}`).join('\n')}\n`)
    for (const [name, text] of Object.entries(scripts)) this.write(`DEBIAN/${name}`, text, name === 'conffiles' ? 0o644 : 0o755)
    const file = join(out, `${this.name}_${version}_${control.Architecture}.deb`)
    // Whatever umask this runs under, what is installed can be read by all.
    run('chmod', ['-R', 'u=rwX,go=rX', this.root])
    run('dpkg-deb', ['--root-owner-group', '--build', this.root, file])
    fs.removeSync(this.root)
    return file
  }
}

const common = (name, extra) => ({
  Package: name,
  Version: version,
  Section: 'mail',
  Priority: 'optional',
  Maintainer: MAINTAINER,
  ...(homepage === undefined ? {} : {Homepage: homepage}),
  ...extra,
})

const documents = (tree, name) => {
  const doc = `usr/share/doc/${name}`
  const licences = fs.readFileSync(join(ROOT, 'bundle/LICENSES.txt'), 'utf8')
  tree.write(`${doc}/copyright`, `${fs.readFileSync(join(ROOT, 'LICENSE'), 'utf8')}\nBrought along:\n\n${licences}`)
  tree.write(`${doc}/changelog`, fs.readFileSync(join(ROOT, 'CHANGELOG.md'), 'utf8'))
  run('gzip', ['-9n', join(tree.root, doc, 'changelog')])
}

const buildMain = () => {
  const tree = new Tree('mailops')
  for (const name of ['package.json', 'bin/run.js', 'bundle', 'dist']) tree.copy(name, `usr/lib/mailops/${name}`)
  // By which a site's plugins, and files that name their place, find the package.
  tree.link('usr/lib/mailops/node_modules/mailops', '..')
  fs.chmodSync(join(tree.root, 'usr/lib/mailops/bin/run.js'), 0o755)
  tree.link('usr/bin/mailops', '../lib/mailops/bin/run.js')
  documents(tree, 'mailops')
  for (const name of fs.readdirSync(join(ROOT, 'docs'))) if (name.endsWith('.md')) tree.copy(`docs/${name}`, `usr/share/doc/mailops/${name}`)
  tree.copy('docs/guides', 'usr/share/doc/mailops/guides')
  tree.copy('share', 'usr/share/mailops')
  run(process.execPath, ['packaging/man.mjs', tree.at('usr/share/man/man1')])
  run('sh', ['-c', 'gzip -9n "$1"/*', 'sh', join(tree.root, 'usr/share/man/man1')])
  run(process.execPath, ['packaging/completions.mjs', tree.at('usr/share/completions')])
  const completions = join(tree.root, 'usr/share/completions')
  fs.moveSync(join(completions, 'mailops.bash'), join(tree.root, 'usr/share/bash-completion/completions/mailops'))
  fs.moveSync(join(completions, '_mailops'), join(tree.root, 'usr/share/zsh/vendor-completions/_mailops'))
  fs.rmdirSync(completions)
  tree.directory('etc/mailops', 0o755)
  return tree.build(common('mailops', {Architecture: 'all', Depends: NODE, Suggests: 'mailops-greylist', Description: `the tool of mail-server operators\n ${description}.`}))
}

/**
 * The addon as npm has installed it here: until 12 compiled or fetched for one line of Node, from 13 on the one of this machine
 * among those that the package brings for every Node from 22 on. `needs` is what it loads besides.
 */
const addonHere = () => {
  const made = [
    {path: 'build/Release/better_sqlite3.node', needs: ['bindings', 'file-uri-to-path'], node: `nodejs (<< ${Number(process.versions.node.split('.')[0]) + 1})`},
    {path: `prebuilds/linux-${process.arch}.node`, needs: [], node: 'nodejs (>= 22)'},
  ]
  return made.find(({path}) => fs.existsSync(join(ROOT, 'node_modules/better-sqlite3', path)))
}
/** What only the compilation of the addon needs, ten times its size, and the addons of other machines. */
const isSpare = (path, addon) =>
  /better-sqlite3\/(deps|src|binding\.gyp)/.test(path) || (/better-sqlite3\/(build|prebuilds)\//.test(path) && !path.endsWith(`/${addon}`) && !path.endsWith('/build/Release'))

const POSTINST = `#!/bin/sh
set -e
[ "$1" = configure ] || exit 0
if command -v systemd-sysusers >/dev/null 2>&1; then systemd-sysusers mailops.conf
elif ! getent passwd mailops >/dev/null; then useradd --system --user-group --no-create-home --home-dir /var/lib/mailops --shell /usr/sbin/nologin mailops
fi
install -d -m 0711 /var/lib/mailops
install -d -m 0700 -o mailops -g mailops /var/lib/mailops/greylist
if [ -d /run/systemd/system ]; then
  systemctl daemon-reload
  systemctl enable --quiet mailops-greylist.service
  systemctl restart mailops-greylist.socket mailops-greylist.service
fi
`
const PRERM = `#!/bin/sh
set -e
[ "$1" = remove ] || exit 0
if [ -d /run/systemd/system ]; then systemctl disable --now --quiet mailops-greylist.service mailops-greylist.socket; fi
`
const POSTRM = `#!/bin/sh
set -e
if [ -d /run/systemd/system ]; then systemctl daemon-reload; fi
[ "$1" = purge ] || exit 0
rm -rf /var/lib/mailops/greylist /run/mailops/greylist
`

const buildGreylist = (architecture, addon) => {
  const tree = new Tree('mailops-greylist')
  const lib = 'usr/lib/mailops'
  for (const name of ['better-sqlite3', ...addon.needs])
    fs.copySync(join(ROOT, 'node_modules', name), join(tree.root, lib, 'node_modules', name), {filter: path => !isSpare(path, addon.path)})
  for (const name of ['package.json', 'filter']) tree.copy(`plugins/greylist/${name}`, `${lib}/node_modules/@mailops/plugin-greylist/${name}`)
  tree.write(`${lib}/bin/greylist-standalone.js`, `#!/usr/bin/env node\nimport '../bundle/greylist-standalone.js'\n`, 0o755)
  // The C form, or without a compiler the other one.
  run('sh', [join(ROOT, 'plugins/greylist/filter/build.sh'), tree.at(`${lib}/bin/mailops-greylist`)], {env: {...process.env, npm_command: ''}})
  tree.link('usr/bin/mailops-greylist', '../lib/mailops/bin/mailops-greylist')
  for (const name of fs.readdirSync(join(ROOT, 'share/systemd')))
    tree.copy(`share/systemd/${name}`, name.endsWith('sysusers.conf') ? 'usr/lib/sysusers.d/mailops.conf' : `usr/lib/systemd/system/${name}`)
  tree.copy('share/greylist.json', 'etc/mailops/greylist.json')
  for (const name of ['daemontools', 'exim', 'postfix']) tree.copy(`share/${name}`, `usr/share/doc/mailops-greylist/examples/${name}`)
  documents(tree, 'mailops-greylist')
  const control = {
    Architecture: architecture,
    Depends: `mailops (= ${version}), ${NODE}, ${addon.node}, libc6, libstdc++6`,
    Suggests: 'ucspi-tcp',
    Description: 'greylisting for qmail, Postfix and Exim\n One daemon with one SQLite store, and a filter between tcpserver and qmail-smtpd.',
  }
  return tree.build(common('mailops-greylist', control), {postinst: POSTINST, prerm: PRERM, postrm: POSTRM, conffiles: '/etc/mailops/greylist.json\n'})
}

fs.ensureDirSync(out)
process.stdout.write(`${buildMain()}\n`)
const addon = addonHere()
if (addon === undefined) process.stderr.write('better-sqlite3 was not built here: no package mailops-greylist\n')
else process.stdout.write(`${buildGreylist(run('dpkg', ['--print-architecture']).trim(), addon)}\n`)
