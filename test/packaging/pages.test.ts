// Man pages and completions: for every command and flag, in the forms that groff, bash and zsh accept.
import {spawnSync} from 'node:child_process'
import * as fs from 'node:fs'
import {join} from 'node:path'

import {Config} from '@oclif/core'
import {beforeAll, describe, expect, test} from 'vitest'

import {temporaryDirectory} from '../support/temporary.js'

const ROOT = join(import.meta.dirname, '../..')
const config = await Config.load({root: ROOT, userPlugins: false})
const ours = config.commands.filter(({pluginName, hidden}) => !hidden && (pluginName === 'mailops' || pluginName?.startsWith('@mailops/')))

/** Runs a program; a missing one is an error in CI and a skip elsewhere. */
const has = (program: string): boolean => {
  const found = spawnSync('sh', ['-c', `command -v ${program}`]).status === 0
  if (!found && process.env['CI'] === 'true') throw new Error(`CI must have ${program}`)
  return found
}

const generated = (script: string): string => {
  const directory = temporaryDirectory('pages')
  const {status, stderr} = spawnSync(process.execPath, [join(ROOT, 'packaging', script), directory], {encoding: 'utf8'})
  expect({status, stderr}).toEqual({status: 0, stderr: ''})
  return directory
}

test('there is a man page for mailops and for each topic, with every command and every flag', () => {
  const directory = generated('man.mjs')
  for (const {id, flags} of ours) {
    const [topic, ...rest] = id.split(':')
    const page = fs.readFileSync(join(directory, rest.length === 0 ? 'mailops.1' : `mailops-${topic}.1`), 'utf8').replaceAll('\\-', '-')
    expect(page).toContain(`.SS "mailops ${id.replaceAll(':', ' ')}"`)
    for (const {name, hidden} of Object.values(flags)) if (!hidden) expect(page, id).toMatch(new RegExp(`--(\\[no-\\])?${name}\\b`))
  }
})

describe.skipIf(!has('groff'))('groff', () => {
  test('has nothing to complain about', () => {
    const directory = generated('man.mjs')
    for (const name of fs.readdirSync(directory)) {
      const {status, stderr, stdout} = spawnSync('groff', ['-ww', '-man', '-Tutf8', join(directory, name)], {encoding: 'utf8'})
      expect({name, status, stderr}).toEqual({name, status: 0, stderr: ''})
      expect(stdout.length).toBeGreaterThan(500)
    }
  })
})

describe('bash', () => {
  let script: string
  beforeAll(() => {
    const directory = fs.mkdtempSync('/tmp/mailops-completions-')
    spawnSync(process.execPath, [join(ROOT, 'packaging/completions.mjs'), directory])
    script = join(directory, 'mailops.bash')
    return () => fs.rmSync(directory, {recursive: true})
  })
  const complete = (...words: string[]): string[] => {
    const typed = words.map(word => `'${word}'`).join(' ')
    const program = `. ${script}; COMP_WORDS=(${typed}); COMP_CWORD=${words.length - 1}; _mailops; printf '%s\\n' "\${COMPREPLY[@]}"`
    const {status, stdout, stderr} = spawnSync('bash', ['--norc', '--noprofile', '-euc', program], {encoding: 'utf8'})
    expect({status, stderr}).toEqual({status: 0, stderr: ''})
    return stdout.split('\n').filter(Boolean)
  }

  test('offers topics and commands', () => {
    expect(complete('mailops', 'qm')).toEqual(['qmail'])
    expect(complete('mailops', 'qmail', 'pu')).toEqual(['purge'])
    expect(complete('mailops', 'qmail', 'trash', '')).toEqual(['empty', 'list'])
  })

  test('offers flags, after arguments too, and the values of a flag that has a list of them', () => {
    expect(complete('mailops', 'qmail', 'purge', '--dry')).toEqual(['--dry-run'])
    expect(complete('mailops', 'qmail', 'purge', '--no-tr')).toEqual(['--no-trash'])
    expect(complete('mailops', 'qmail', 'show', '123', '--hea')).toEqual(['--headers'])
    expect(complete('mailops', 'qmail', 'purge', '--method', 's')).toEqual(['swap'])
  })

  test('leaves files to the shell where nothing of ours fits', () => {
    expect(complete('mailops', 'undo', 'x')).toEqual([])
  })
})

describe.skipIf(!has('zsh'))('zsh', () => {
  test('reads its completion', () => {
    const directory = generated('completions.mjs')
    expect(spawnSync('zsh', ['-n', join(directory, '_mailops')], {encoding: 'utf8'})).toMatchObject({status: 0, stderr: ''})
  })
})
