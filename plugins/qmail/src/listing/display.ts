// Bytes of strangers as text on a terminal.
import {TextDecoder} from 'node:util'

import {terminalSafe} from 'mailops/core'

const strictUtf8 = new TextDecoder('utf-8', {fatal: true, ignoreBOM: true})

/** Takes latin1 (a char a byte) and returns text: UTF-8 where it is UTF-8, each byte as a character otherwise. */
const textOf = (latin1: string): string => {
  if (!/[\x80-\xff]/.test(latin1)) return latin1
  try {
    return strictUtf8.decode(Buffer.from(latin1, 'latin1'))
  } catch {
    return latin1 // TypeError: no UTF-8; nobody can tell what it is instead
  }
}

/** Takes bytes as latin1 and returns one line, safe for a terminal. */
export const displayText = (latin1: string): string => terminalSafe(textOf(latin1))

/** Takes an envelope address as latin1 and returns how people write it: `<>` for the null one, `?` where unknown. */
export const displayAddress = (address: string | null): string =>
  address === null ? '?' : address === '' ? '<>' : displayText(address)

/** Takes lines of a message as latin1 and returns them safe for a terminal, tabs kept. */
export const displayLines = (latin1: string): string[] =>
  latin1
    .replace(/\r?\n$/, '')
    .split('\n')
    .map(line => line.replace(/\r$/, '').split('\t').map(displayText).join('\t'))

/** Cuts a text to a number of characters, with `…` for what is missing. */
export const fit = (text: string, size: number): string => {
  // Most texts need no counting of code points.
  if (text.length <= size) return text
  const characters = [...text]
  return characters.length <= size ? text : `${characters.slice(0, Math.max(0, size - 1)).join('')}…`
}

const DAY = 86_400
let lastDay = Number.NaN
let lastDate = ''

const two = (n: number): string => (n < 10 ? `0${n}` : `${n}`)

/** Whole seconds since the epoch as ISO 8601 in UTC; the date is remembered, since those of a queue lie close together. */
export const isoTime = (seconds: number): string => {
  const day = Math.floor(seconds / DAY)
  if (day !== lastDay) {
    const date = new Date(day * DAY * 1000)
    if (Number.isNaN(date.getTime())) return `@${seconds}`
    lastDay = day
    lastDate = date.toISOString().slice(0, -14)
  }
  const rest = Math.floor(seconds - day * DAY)
  return `${lastDate}T${two(Math.floor(rest / 3600))}:${two(Math.floor(rest / 60) % 60)}:${two(rest % 60)}Z`
}
