// What every command promises: help, examples, flags, no argument from stdin, a page in docs/.
import {existsSync, readFileSync} from 'node:fs'
import {join} from 'node:path'

import {Config} from '@oclif/core'
import {expect, test} from 'vitest'

const ROOT = join(import.meta.dirname, '..')
const config = await Config.load({root: ROOT, userPlugins: false})
const OURS = config.commands.filter(({pluginName}) => pluginName === 'mailops' || pluginName?.startsWith('@mailops/'))

test('the commands are here', () => {
  expect(OURS.map(({id}) => id)).toEqual(expect.arrayContaining(['doctor', 'history', 'undo', 'recover']))
})

test.each(OURS.map(command => ({name: command.id.replaceAll(':', ' '), command})))('mailops $name', async ({name, command}) => {
  expect(command.summary, 'a summary').toMatch(/^[a-z].*[^.]$/)
  expect(command.summary!.length, 'a summary on one line').toBeLessThanOrEqual(80)
  expect(command.examples?.length ?? 0, 'an example').toBeGreaterThan(0)
  for (const example of (command.examples ?? []).flatMap(one => (typeof one === 'string' ? one : one.command).split('\n')))
    expect(`  ${example.replace(/^<%/, '$ <%').replaceAll('<%= config.bin %>', 'mailops')}`.length, `the columns of: ${example}`).toBeLessThanOrEqual(80)
  expect(command.description, 'its exit statuses').toMatch(/Exit status: /)
  // The class itself: what oclif keeps of an argument for help leaves this out.
  const {args, flags: options = {}} = await command.load()
  for (const arg of Object.values(args)) expect(arg.ignoreStdin, `argument ${arg.name} from stdin`).toBe(true)
  // One that takes all words up to the next option swallows the arguments behind it.
  for (const [flag, option] of Object.entries(options))
    if (option.type === 'option' && option.multiple) expect(option.multipleNonGreedy, `--${flag} takes one value`).toBe(true)
  const flags = Object.keys(command.flags)
  expect(flags).toEqual(expect.arrayContaining(['json', 'quiet', 'verbose']))
  if (flags.includes('yes')) expect(flags).toContain('dry-run')
  if (flags.includes('dry-run')) expect(flags).toContain('yes')
  // Each can be stopped while it asks and while it works.
  if (flags.includes('yes')) expect(command.description, 'what ^C ends with').toMatch(/\b130 /)
  const topic = command.id.includes(':') ? command.id.split(':')[0] : 'mailops'
  const page = join(ROOT, 'docs', `${topic}.md`)
  expect(existsSync(page), `${page}; npm run docs makes it`).toBe(true)
  expect(readFileSync(page, 'utf8')).toContain(`mailops ${name}`)
})
