// What tests of bundles share: a bundle of the small installation, unpacked by the system's tar, read by ours.
import {spawnSync} from 'node:child_process'
import {createHash} from 'node:crypto'
import {mkdirSync, readFileSync, readdirSync, statSync} from 'node:fs'
import {join, relative} from 'node:path'

import {createBundle, type Bundled} from '../../dist/effects/bundle/create.js'
import {listInstallation} from '../../dist/effects/source/list-installation.js'
import {openBundle} from '../../dist/effects/source/open-bundle.js'
import {temporaryDirectory} from '../../../../test/support/temporary.js'
import {CONTENTS, install, inventoryOf, requestOf} from './installation.js'

export const PASSPHRASE = Buffer.from('correct horse battery staple')

export interface Made {
  readonly root: string
  readonly output: string
  readonly bundled: Bundled
}

/** A fresh installation and a bundle of it. */
export const makeBundle = async (options: {passphrase?: Buffer; contents?: Record<string, Buffer>} = {}): Promise<Made> => {
  const root = temporaryDirectory('bundle')
  install(root, options.contents ?? CONTENTS)
  const output = join(root, 'out.tar.gz')
  const request = requestOf(output, {passphrase: options.passphrase ?? null})
  return {root, output, bundled: await createBundle(listInstallation(inventoryOf(root)), request)}
}

export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

/** Digests of all files below a directory, by name. */
export const digestsBelow = (directory: string): Record<string, string> =>
  Object.fromEntries(
    (readdirSync(directory, {recursive: true}) as string[])
      .filter(name => statSync(join(directory, name)).isFile())
      .map(name => [relative('.', name), sha256(readFileSync(join(directory, name)))]),
  )

/** As they are called in a bundle. */
export const expectedDigests = (contents: Record<string, Buffer> = CONTENTS): Record<string, string> =>
  Object.fromEntries(
    Object.entries(contents).map(([name, content]) => [
      name.replace(/^Service/, 'service').replace(/^Domains/, 'domains').replace(/^Spool/, 'spool'), sha256(content),
    ]),
  )

/** Unpacks with the tar of the system; gives the digests of all but the manifest, and the manifest. */
export const systemTar = (root: string, output: string): {files: Record<string, string>; manifest: unknown; listed: string[]} => {
  const to = join(root, `unpacked-${process.hrtime.bigint()}`)
  mkdirSync(to)
  const {status, stderr, stdout} = spawnSync('tar', ['-xvzf', output, '-C', to], {encoding: 'utf8', env: {...process.env, LC_ALL: 'C.UTF-8'}})
  if (status !== 0 || stderr !== '') throw new Error(`tar: ${status} ${stderr}`)
  const {'manifest.json': manifest, ...files} = digestsBelow(to)
  if (manifest === undefined) throw new Error('no manifest')
  return {files, manifest: JSON.parse(readFileSync(join(to, 'manifest.json'), 'utf8')), listed: stdout.trim().split('\n')}
}

/** Reads every file by our own reader; gives their digests, computed here. */
export const readAll = async (path: string, passphrase?: Buffer): Promise<Record<string, string>> => {
  const source = await openBundle(path, {passphrase: passphrase ?? null})
  try {
    const digests: Record<string, string> = {}
    for await (const file of source.files()) {
      const hash = createHash('sha256')
      for await (const piece of file.content()) hash.update(piece)
      digests[file.name] = hash.digest('hex')
    }
    return digests
  } finally {
    await source.close()
  }
}
