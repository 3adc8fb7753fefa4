// What a process holds, and whether it is waiting, from /proc.
import {readFileSync} from 'node:fs'

import {OpsError} from 'mailops/core'

/** Bytes that belong to the process alone: Anonymous of smaps_rollup. MEASURE (69) where the kernel does not tell. */
export const anonymousBytes = (pid: number): number => {
  const path = `/proc/${pid}/smaps_rollup`
  let text: string
  try {
    text = readFileSync(path, 'latin1')
  } catch (error) {
    throw new OpsError('MEASURE', `cannot read ${path}: measuring needs Linux 4.14 or newer, and the right to look`, {
      exit: 'unavailable',
      cause: error,
    })
  }
  const kilobytes = /^Anonymous:\s+(\d+) kB/m.exec(text)?.[1]
  if (kilobytes === undefined) throw new OpsError('MEASURE', `${path} tells no Anonymous`, {exit: 'unavailable'})
  return Number(kilobytes) * 1024
}

/** Bytes of heap that a process has asked for, touched or not: its [heap] and what malloc(3) maps beside it. */
export const heapBytes = (pid: number): number => {
  let bytes = 0
  for (const line of readFileSync(`/proc/${pid}/maps`, 'latin1').split('\n')) {
    const parts = /^([0-9a-f]+)-([0-9a-f]+) rw-p [0-9a-f]+ 00:00 0 *(\[heap\])?$/.exec(line)
    if (parts !== null) bytes += Number.parseInt(parts[2]!, 16) - Number.parseInt(parts[1]!, 16)
  }
  return bytes
}

/** Processor time in ticks and whether the process sleeps; undefined when it has ended. */
const statusOf = (pid: number): {sleeps: boolean; ticks: number} | undefined => {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1')
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
    return {sleeps: fields[0] === 'S', ticks: Number(fields[11]) + Number(fields[12])}
  } catch {
    // The process has ended.
    return undefined
  }
}

const POLL_MS = 10
const QUIET_POLLS = 4

/** Waits until the process sleeps and uses no more processor time. False when it ended or `deadline` (ms) passed. */
export const untilIdle = async (pid: number, deadline: number): Promise<boolean> => {
  let ticks = -1
  for (let quiet = 0; quiet < QUIET_POLLS; ) {
    const status = statusOf(pid)
    if (status === undefined || performance.now() > deadline) return false
    quiet = status.sleeps && status.ticks === ticks ? quiet + 1 : 0
    ticks = status.ticks
    await new Promise(resolve => setTimeout(resolve, POLL_MS))
  }
  return true
}
