// Which messages some process has open: a delivery in flight has mess/N on descriptor 0 (spawn.c), an injection holds it too.
import * as fs from 'node:fs'

import {parseNumber, type MessageNumber} from '../../queue/number.js'

const processes = (): string[] => {
  try {
    return fs.readdirSync('/proc').filter(name => /^\d+$/.test(name) && name !== String(process.pid))
  } catch {
    return [] // no /proc: what cannot be known here is found out by looking at the queue afterwards
  }
}

const openFiles = (pid: string): string[] => {
  try {
    const directory = `/proc/${pid}/fd`
    return fs.readdirSync(directory).map(fd => targetOf(`${directory}/${fd}`))
  } catch {
    return [] // ended meanwhile, or in no namespace of ours
  }
}

/** What the kernel calls a process: the name of its program, cut to 15 bytes; '' when it has ended. */
const programOf = (pid: string): string => {
  try {
    return fs.readFileSync(`/proc/${pid}/comm`, 'latin1')
  } catch {
    return '' // ended meanwhile
  }
}

const targetOf = (link: string): string => {
  try {
    return fs.readlinkSync(link)
  } catch {
    return '' // closed meanwhile
  }
}

/**
 * Numbers of the files that other processes have open below these directories (absolute, with a slash at the end).
 * Costs what the machine has of processes, not what the queue has of messages.
 * @param program look only at processes whose program's name begins with this
 */
export const openNumbers = (directories: readonly string[], program = ''): Set<MessageNumber> => {
  const found = new Set<MessageNumber>()
  for (const pid of processes().filter(candidate => program === '' || programOf(candidate).startsWith(program)))
    for (const target of openFiles(pid)) {
      if (!directories.some(directory => target.startsWith(directory))) continue
      const number = parseNumber(target.slice(target.lastIndexOf('/') + 1))
      if (number !== undefined) found.add(number)
    }
  return found
}
