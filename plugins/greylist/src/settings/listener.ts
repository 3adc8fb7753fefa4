// Where to listen, as flags and the settings file write it: `unix:PATH,mode=0660,group=postfix` or `inet:127.0.0.1:10023,delay=5m`.
import {OpsError} from 'mailops/core'

import type {Listener, Timing} from '../policy/types.js'
import {durationOrNull} from './duration.js'

const FORM = 'unix:PATH or inet:HOST:PORT, then ,mode=0660 ,group=NAME ,delay=60s ,window=24h ,keep=36d ,ipv4=24 ,ipv6=64 ,text=WORDS'

const bad = (text: string, why: string): OpsError =>
  new OpsError('BAD_LISTENER', `'${text}': ${why}`, {exit: 'usage', hint: `write it as ${FORM}`})

/** Highest Unix socket path that bind(2) takes (sun_path of Linux, its final NUL taken off). */
const MOST_PATH = 107

/** `HOST:PORT`, `[::1]:PORT`, or null. A bare `:PORT` and `*` are all addresses. */
export const parseHostPort = (text: string): {host: string; port: number} | null => {
  const [, bracketed, plain, digits] = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]\s]*)):(\d{1,5})$/.exec(text) ?? []
  if (digits === undefined || Number(digits) > 65_535) return null
  const host = bracketed ?? plain ?? ''
  return {host: host === '' || host === '*' ? '::' : host, port: Number(digits)}
}

const addressOf = (text: string, name: string): Listener['address'] => {
  if (name.startsWith('inet:')) {
    const place = parseHostPort(name.slice(5))
    if (place === null) throw bad(text, 'no host and port')
    return place
  }
  const path = name.startsWith('unix:') ? name.slice(5) : name
  if (!path.startsWith('/')) throw bad(text, 'a Unix socket needs an absolute path')
  if (Buffer.byteLength(path) > MOST_PATH) throw bad(text, `a Unix socket's path has at most ${MOST_PATH} bytes`)
  return {path}
}

const prefix = (value: string, most: number): number | null => (/^\d{1,3}$/.test(value) && Number(value) >= 1 && Number(value) <= most ? Number(value) : null)

type Options = {mode?: number; group?: string; text?: string; timing: {-readonly [name in keyof Timing]?: number}}

const take = (options: Options, name: string, value: string): boolean => {
  switch (name) {
    case 'mode':
      if (!/^0?[0-7]{3}$/.test(value)) return false
      options.mode = Number.parseInt(value, 8)
      return true
    case 'group':
    case 'text':
      options[name] = value
      return value !== ''
    case 'delay':
    case 'window':
    case 'keep':
    case 'ipv4':
    case 'ipv6': {
      const number = name === 'ipv4' ? prefix(value, 32) : name === 'ipv6' ? prefix(value, 128) : durationOrNull(value)
      if (number === null) return false
      options.timing[name] = number
      return true
    }
    default:
      return false
  }
}

/**
 * A listener from its text; a path alone is a Unix socket.
 * @throws OpsError 64 `BAD_LISTENER`
 */
export const parseListener = (text: string): Listener => {
  const [name = '', ...rest] = text.split(',')
  const options: Options = {timing: {}}
  for (const option of rest) {
    const equals = option.indexOf('=')
    const key = equals < 0 ? option : option.slice(0, equals)
    if (!take(options, key, equals < 0 ? '' : option.slice(equals + 1))) throw bad(text, `option '${option}' is not understood`)
  }
  const address = addressOf(text, name)
  if ('port' in address && (options.mode !== undefined || options.group !== undefined)) throw bad(text, 'mode and group are for Unix sockets')
  const {timing, ...own} = options
  return {name: 'path' in address ? `unix:${address.path}` : name, address, ...own, ...(Object.keys(timing).length > 0 && {timing: timing as Partial<Timing>})}
}
