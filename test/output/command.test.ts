// What a command says: nothing in it that a terminal obeys, even where nobody thought of it; pipes get the data as it is.
import {afterEach, expect, test, vi} from 'vitest'

import {MailopsCommand} from '../../src/command.js'

class Talker extends MailopsCommand {
  override async run(): Promise<void> {
    this.say('talk \u001b[2J\u009b\u202e')
    this.data('data\t\u001b[2J')
  }
}

const talk = async (isTTY: boolean): Promise<{out: string; err: string}> => {
  const said = {out: '', err: ''}
  vi.spyOn(process.stderr, 'write').mockImplementation(text => (said.err += String(text), true))
  vi.spyOn(process.stdout, 'write').mockImplementation(text => (said.out += String(text), true))
  const was = Object.getOwnPropertyDescriptor(process.stdout, 'isTTY')
  Object.defineProperty(process.stdout, 'isTTY', {value: isTTY, configurable: true})
  try {
    await new Talker([], {} as never).run()
  } finally {
    if (was === undefined) Reflect.deleteProperty(process.stdout, 'isTTY')
    else Object.defineProperty(process.stdout, 'isTTY', was)
  }
  return said
}

afterEach(() => vi.restoreAllMocks())

test('talk is always safe, data on a terminal', async () => {
  expect(await talk(true)).toEqual({out: 'data\t\\x1b[2J\n', err: 'talk \\x1b[2J\\x9b\\u{202e}\n'})
})

test('data for another program is left as it is', async () => {
  expect((await talk(false)).out).toBe('data\t\u001b[2J\n')
})
