// The times of --since and --until: ages, dates, times of the day, seconds since 1970.
import {durationSeconds, OpsError} from 'mailops/core'

import type {WallClock} from './clock.js'

const DATE = /^(\d{4})-(\d\d)-(\d\d)(?:[ T](\d\d):(\d\d)(?::(\d\d)(?:\.\d+)?)?(Z|[+-]\d\d:?\d\d)?)?$/
const TIME = /^(\d\d):(\d\d)(?::(\d\d))?$/
const WORDS: Readonly<Record<string, number>> = {today: 0, yesterday: 1}

/** What a text is read against. */
export interface Now {
  /** Seconds since 1970. */
  readonly now: number
  readonly wall: WallClock
  /** Today by that clock. */
  readonly today: readonly [year: number, month: number, day: number]
}

const dated = (text: string, {wall}: Now): number | null => {
  const parts = DATE.exec(text)
  if (parts === null) return null
  if (parts[7] !== undefined) return Date.parse(text.replace(' ', 'T')) / 1000
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts.slice(1, 7).map(part => Number(part ?? 0))
  return month < 1 || month > 12 || day < 1 || day > 31 || hour > 24 || minute > 59 ? null : wall(year, month, day, hour, minute) + second
}

const ofToday = (text: string, {wall, today: [year, month, day]}: Now): number | null => {
  if (Object.hasOwn(WORDS, text)) return wall(year, month, day - WORDS[text]!, 0, 0)
  const parts = TIME.exec(text)
  return parts === null ? null : wall(year, month, day, Number(parts[1]), Number(parts[2])) + Number(parts[3] ?? 0)
}

/** Takes `2h`, `1d12h`, `2026-03-03`, `2026-03-03 09:00`, `09:30`, `today`, `yesterday` or `@1772530000`; returns seconds since 1970. */
export const parseMoment = (text: string, option: string, now: Now): number => {
  const age = durationSeconds(text)
  const time = age !== null ? now.now - age : /^@\d+$/.test(text) ? Number(text.slice(1)) : (dated(text, now) ?? ofToday(text, now))
  if (time !== null && Number.isFinite(time)) return time
  throw new OpsError('USAGE', `${option} '${text}': not a time`, {
    exit: 'usage',
    hint: 'write an age (2h, 1d12h), a date (2026-03-03, 2026-03-03 09:00), a time of today (09:30), today, yesterday or @SECONDS',
  })
}
