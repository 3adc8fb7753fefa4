// Settings from what a file holds and what flags say, on top of the defaults.
import {OpsError} from 'mailops/core'
import stripJsonComments from 'strip-json-comments'
import * as v from 'valibot'

import type {Limits, Settings} from '../policy/types.js'
import {parseListener} from './listener.js'
import {fileSchema, type FileSettings} from './schema.js'

const SECOND = 1000
const DAY = 86_400 * SECOND

/** How many pending entries a group of networks, and the whole store, may have; `ipv4` and `ipv6` are the prefixes of a group. */
export const DEFAULT_LIMITS: Limits = {perGroup: 4096, ipv4: 16, ipv6: 48, pending: 2_000_000}

/** The defaults, for a place: RFC 6647 within 60 s and a day, 36 days as most peers. */
export const defaultSettings = ({socket, db}: {socket: string; db: string}): Settings => ({
  socket: parseListener(socket),
  policy: [],
  exim: [],
  db,
  log: 'json',
  spf: true,
  rules: [],
  delay: 60 * SECOND,
  window: DAY,
  keep: 36 * DAY,
  ipv4: 24,
  ipv6: 64,
  learning: false,
  text: 'Greylisted, please try again in a few minutes',
  blockText: 'Refused by the block list of this server',
  passNetwork: true,
  recipients: 'all',
  providers: true,
  header: true,
  limits: DEFAULT_LIMITS,
})

/** `policy[1].mode` of an issue. */
const memberOf = (path: readonly {readonly key: unknown}[] | undefined): string =>
  (path ?? []).map(({key}) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`)).join('').replace(/^\./, '')

const fault = (file: string, member: string, message: string): OpsError =>
  new OpsError('BAD_SETTINGS', `${file}: ${member === '' ? '' : `"${member}" `}${message}`, {
    exit: 'configuration',
    hint: `correct it in ${file}; mailops greylist check reads it again`,
  })

const POSITION = / at position (\d+)/

const jsonFault = (text: string): string | null => {
  try {
    JSON.parse(text)
    return null
  } catch (error) {
    return (error as Error).message
  }
}

/** The first line that JSON does not allow. Of some faults Node tells no place: then the first line that is not only unfinished. */
const faultyLine = (text: string): number => {
  const whole = text.trimEnd()
  const position = POSITION.exec(jsonFault(whole) ?? '')?.[1]
  if (position !== undefined) return whole.slice(0, Number(position)).split('\n').length
  const lines = whole.split('\n')
  const isFaulty = (part: string): boolean => {
    const message = jsonFault(part) ?? ''
    return message !== '' && !/Unexpected end|Unterminated/.test(message) && Number(POSITION.exec(message)?.[1] ?? 0) < part.length
  }
  const bad = lines.findIndex((_, n) => isFaulty(lines.slice(0, n + 1).join('\n')))
  return bad === -1 ? lines.length : bad + 1
}

/**
 * The content of a settings file: JSON, in which comments and a comma too many are allowed.
 * @param file its name, for errors
 * @throws OpsError 78 `BAD_SETTINGS` that names file and member
 */
export const parseSettingsFile = (text: string, file: string): FileSettings => {
  let value: unknown
  // Blanks take their place, so that lines and columns stay what they are.
  const bare = stripJsonComments(text.replace(/^\ufeff/, ''), {trailingCommas: true})
  try {
    value = JSON.parse(bare)
  } catch (error) {
    // Of several lines where Node quotes the text.
    throw fault(`${file}:${faultyLine(bare)}`, '', `is not JSON: ${(error as Error).message.replace(/\s+/g, ' ')}`)
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw fault(file, '', 'must be an object {...}')
  const result = v.safeParse(fileSchema, value)
  if (result.success) return result.output
  const [issue] = result.issues
  const member = memberOf(issue.path)
  if (issue.type === 'strict_object' && issue.expected === 'never') throw fault(file, member, 'is no setting')
  throw fault(file, member, /^(must|is|'|the) ?/.test(issue.message) ? issue.message : `is wrong: ${issue.message}`)
}

const present = <T extends object>(value: T): Partial<T> =>
  Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined)) as Partial<T>

/** What flags say beside the file; lists of listeners replace those of the file. */
export type Overrides = {readonly [name in keyof Omit<Settings, 'rules' | 'file' | 'limits'>]?: Settings[name] | undefined}

const checked = (settings: Settings): Settings => {
  const where = settings.file ?? 'the flags'
  if (settings.window <= settings.delay) throw fault(where, 'window', 'must be longer than "delay", or no retry ever passes')
  if (settings.keep < settings.window) throw fault(where, 'keep', 'must not be shorter than "window"')
  for (const listener of [settings.socket, ...settings.policy, ...settings.exim]) {
    const {delay = settings.delay, window = settings.window} = listener.timing ?? {}
    if (window <= delay) throw fault(where, listener.name, 'has a window that is not longer than its delay')
  }
  return settings
}

/**
 * The settings in force.
 * @throws OpsError 78 `BAD_SETTINGS` when times contradict each other
 */
export const mergeSettings = (defaults: Settings, given: FileSettings, {overrides = {}, file}: {overrides?: Overrides; file?: string} = {}): Settings => {
  const {limits, allow = [], block = [], optOut = [], optIn = [], $schema: _, ...members} = given
  return checked({
    ...defaults,
    ...(present(members) as Partial<Settings>),
    ...(present(overrides) as Partial<Settings>),
    limits: {...defaults.limits, ...(present(limits ?? {}) as Partial<Limits>)},
    rules: [...allow, ...block, ...optOut, ...optIn],
    ...(file !== undefined && {file}),
  })
}
