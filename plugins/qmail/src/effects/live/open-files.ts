// Which messages some process has open: a delivery in flight has mess/N on descriptor 0 (spawn.c), an injection its inode.
import * as fs from 'node:fs'

import {canonical, parseNumber, type MessageNumber} from '../../queue/number.js'

const processes = (): string[] => {
  try {
    return fs.readdirSync('/proc').filter(name => /^\d+$/.test(name) && name !== String(process.pid))
  } catch {
    return [] // no /proc: what cannot be known here is found out by looking at the queue afterwards
  }
}

const descriptorsOf = (pid: string): string[] => {
  try {
    const directory = `/proc/${pid}/fd`
    return fs.readdirSync(directory).map(fd => `${directory}/${fd}`)
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
 */
export const openNumbers = (directories: readonly string[]): Set<MessageNumber> => {
  const found = new Set<MessageNumber>()
  for (const pid of processes())
    for (const target of descriptorsOf(pid).map(targetOf)) {
      if (!directories.some(directory => target.startsWith(directory))) continue
      const number = parseNumber(target.slice(target.lastIndexOf('/') + 1))
      if (number !== undefined) found.add(number)
    }
  return found
}

const inodeOn = (dev: bigint, descriptor: string): bigint | undefined => {
  try {
    const stat = fs.statSync(descriptor, {bigint: true})
    return stat.isFile() && stat.dev === dev ? stat.ino : undefined
  } catch {
    return undefined // closed meanwhile
  }
}

/**
 * Numbers that running qmail-queue processes may be injecting: the inodes of the files that they have open on the queue's
 * device. By inode, since qmail-queue.c opens pid/X, and by that name the kernel knows its file also when it is mess/N.
 */
export const injectedNumbers = (dev: bigint): Set<MessageNumber> => {
  const injecting = processes().filter(pid => programOf(pid).startsWith('qmail-queue'))
  const inodes = injecting.flatMap(descriptorsOf).map(descriptor => inodeOn(dev, descriptor))
  return new Set(inodes.filter(inode => inode !== undefined).map(canonical))
}
