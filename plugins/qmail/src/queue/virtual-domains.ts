// What qmail-send does to a recipient: locals, percenthack, virtualdomains; and the way back from a local/ record.
import {asciiLower} from '../message/ascii-case.js'
import {controlLine, controlLines} from './control-file.js'

/** Bytes of the control files concerned, undefined where a file does not exist. */
export interface RoutingFiles {
  readonly me?: Buffer | undefined
  readonly locals?: Buffer | undefined
  readonly virtualDomains?: Buffer | undefined
  readonly percentHack?: Buffer | undefined
  readonly envNoAtHost?: Buffer | undefined
}

/** control/locals, percenthack, virtualdomains and envnoathost as parsed; domains in ASCII lower case. */
export interface Routing {
  readonly locals: ReadonlySet<string>
  readonly percentHack: ReadonlySet<string>
  /** Key: domain, `.domain`, full address, or '' for all; value: prefix, '' for "not virtual". */
  readonly prefixes: ReadonlyMap<string, string>
  readonly envNoAtHost: string
}

/** Where qmail-send puts a recipient, and as what it is written there. */
export interface Route {
  readonly channel: 'local' | 'remote'
  readonly address: string
}

/** Takes the control files and returns them parsed as qmail-send's getcontrols() does; the last of equal keys wins. */
export const parseRouting = (files: RoutingFiles): Routing => {
  const me = files.me && controlLine(files.me)
  const locals = files.locals ? controlLines(files.locals) : me === undefined ? [] : [me]
  const pairs = controlLines(files.virtualDomains ?? Buffer.alloc(0)).flatMap(line => {
    const colon = line.indexOf(':')
    return colon === -1 ? [] : [[asciiLower(line.slice(0, colon)), line.slice(colon + 1)] as const]
  })
  return {
    locals: new Set(locals.map(asciiLower)),
    percentHack: new Set(controlLines(files.percentHack ?? Buffer.alloc(0)).map(asciiLower)),
    prefixes: new Map(pairs),
    envNoAtHost: files.envNoAtHost ? controlLine(files.envNoAtHost) : (me ?? 'envnoathost'),
  }
}

/** Takes an envelope recipient and returns its channel and what is written there (rewrite() in qmail-send.c). */
export const routeOf = (routing: Routing, recipient: string): Route => {
  const address = unhacked(routing, recipient.includes('@') ? recipient : `${recipient}@${routing.envNoAtHost}`)
  const domain = address.slice(address.lastIndexOf('@') + 1)
  if (routing.locals.has(asciiLower(domain))) return {channel: 'local', address}
  const prefix = prefixOf(routing, address)
  return prefix === '' ? {channel: 'remote', address} : {channel: 'local', address: `${prefix}-${address}`}
}

const unhacked = (routing: Routing, address: string): string => {
  let at = address.lastIndexOf('@')
  while (routing.percentHack.size > 0 && routing.percentHack.has(asciiLower(address.slice(at + 1)))) {
    const percent = address.lastIndexOf('%', at - 1)
    if (percent === -1) break
    address = `${address.slice(0, percent)}@${address.slice(percent + 1, at)}`
    at = percent
  }
  return address
}

// The prefix of an address that is not in locals, '' when it is not virtual: tried in qmail-send's order, which is the
// whole address, the domain, each parent domain with its dot, and at last the empty key.
const prefixOf = ({prefixes}: Routing, address: string): string => {
  if (prefixes.size === 0) return ''
  const lower = asciiLower(address)
  const at = lower.lastIndexOf('@')
  for (let i = 0; ; i = i === 0 ? at + 1 : nextDot(lower, i + 1)) {
    const prefix = prefixes.get(lower.slice(i))
    if (prefix !== undefined) return prefix
    if (i === lower.length) return ''
  }
}

const nextDot = (text: string, from: number): number => {
  const dot = text.indexOf('.', from)
  return dot === -1 ? text.length : dot
}

/**
 * Takes a recipient of local/N and returns it without the prefix of its virtual domain: as the sender wrote it, and as
 * it has to be injected again. Judged by today's control files, as qmail-send does for bounces; unlike its
 * stripvdomprepend() also for entries of a whole address. Never call it for another channel.
 */
export const withoutPrefix = (routing: Routing, recipient: string): string => {
  if (routing.prefixes.size === 0) return recipient
  const at = recipient.lastIndexOf('@')
  if (at === -1 || routing.locals.has(asciiLower(recipient.slice(at + 1)))) return recipient
  for (let dash = recipient.indexOf('-'); dash !== -1 && dash < at; dash = recipient.indexOf('-', dash + 1)) {
    const address = recipient.slice(dash + 1)
    if (dash > 0 && prefixOf(routing, address) === recipient.slice(0, dash)) return address
  }
  return recipient
}
