// A private directory for one measurement or question: a table, and a main.cf that postmap(1) accepts.
import {mkdtempSync, rmSync, utimesSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'

import {fromSystem} from 'mailops/core'
import {cleanedUp} from 'mailops/effects'

const MAIN_CF = ['compatibility_level = 3.6', 'myhostname = mx.example.com', 'smtputf8_enable = no', ''].join('\n')

/** Postfix reads a table that was written within the last second or so again and again until it is sure of it. */
const LONG_AGO = 1_000_000_000

export interface Scratch {
  readonly directory: string
  /** Writes a table (latin1 text); returns its path. */
  readonly table: (name: string, source: string) => string
  /** What postmap(1) is to be started with: its own main.cf unless a configuration is given. */
  readonly environment: Readonly<Record<string, string>>
  /** Removes all of it. */
  readonly close: () => void
}

/** Makes the directory, 0700. `configDirectory`: the configuration to run under, for a Postfix that is not the system's. */
export const openScratch = (configDirectory?: string): Scratch => {
  const directory = mkdtempSync(join(tmpdir(), 'mailops-postfix-'))
  const remove = (): void => rmSync(directory, {recursive: true, force: true})
  const removed = cleanedUp(remove)
  const write = (name: string, text: string): string => {
    const path = join(directory, name)
    try {
      writeFileSync(path, text, {encoding: 'latin1', mode: 0o600})
      utimesSync(path, LONG_AGO, LONG_AGO)
    } catch (error) {
      throw fromSystem(error, 'write', path)
    }
    return path
  }
  write('main.cf', MAIN_CF)
  return {
    directory,
    table: write,
    environment: {MAIL_CONFIG: configDirectory ?? directory, LC_ALL: 'C'},
    close: () => {
      remove()
      removed()
    },
  }
}
