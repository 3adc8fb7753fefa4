// A DNS server on loopback whose zone a test writes down: UDP, and TCP for what does not fit.
import {createSocket, type RemoteInfo} from 'node:dgram'
import {once} from 'node:events'
import {createServer, type Server} from 'node:net'

import packet from 'dns-packet'
import {onTestFinished} from 'vitest'

/** Records by name in lower case; a name that is absent does not exist. */
export type Zone = Readonly<Record<string, {txt?: readonly string[]; a?: readonly string[]; aaaa?: readonly string[]; mx?: readonly string[]; cname?: string}>>

export interface DnsServer {
  /** `127.0.0.1:PORT`. */
  readonly at: string
  /** Names that were asked for, with their types; `TCP` before those that came that way. */
  readonly asked: string[]
}

/** What a hostile server sends beside, or instead of, the right answer. */
export interface Hostile {
  /** Datagrams that go out before the right one. */
  readonly before?: (query: Buffer, answer: Buffer) => readonly Buffer[]
  /** As `before`, from another port. */
  readonly forged?: (query: Buffer, answer: Buffer) => readonly Buffer[]
  /** What goes out in place of the answer. */
  readonly instead?: (query: Buffer, answer: Buffer) => Buffer
  /** What goes out over TCP in place of the answer. */
  readonly overTcp?: (answer: Buffer) => Buffer
}

const MOST_UDP = 512

const answersOf = (zone: Zone, {name, type}: {name: string; type: string}): packet.Answer[] => {
  const records = zone[name.toLowerCase()] ?? {}
  if (records.cname !== undefined) return [{type: 'CNAME', name, ttl: 60, data: records.cname}, ...answersOf(zone, {name: records.cname, type})]
  if (type === 'TXT') return (records.txt ?? []).map(text => ({type: 'TXT', name, ttl: 60, data: (text.match(/.{1,200}/gs) ?? ['']).map(part => Buffer.from(part))}))
  if (type === 'A') return (records.a ?? []).map(data => ({type: 'A', name, ttl: 60, data}))
  if (type === 'AAAA') return (records.aaaa ?? []).map(data => ({type: 'AAAA', name, ttl: 60, data}))
  return type === 'MX' ? (records.mx ?? []).map((exchange, preference) => ({type: 'MX', name, ttl: 60, data: {preference, exchange}})) : []
}

const FLAGS = packet.RECURSION_DESIRED | packet.RECURSION_AVAILABLE

/** The answer to a query, and the same without its records and with the mark that it was cut off. */
const respond = (zone: Zone, message: Buffer): {text: string; whole: Buffer; cut: Buffer} | null => {
  const query = packet.decode(message)
  const [question] = query.questions ?? []
  if (question === undefined) return null
  // NXDOMAIN is 3 in the low bits of the flags (RFC 1035 4.1.1).
  const flags = FLAGS | (zone[question.name.toLowerCase()] === undefined ? 3 : 0)
  const head = {type: 'response', id: query.id ?? 0, questions: query.questions ?? []} as const
  return {
    text: `${question.type} ${question.name}`,
    whole: packet.encode({...head, flags, answers: answersOf(zone, question)}),
    cut: packet.encode({...head, flags: flags | packet.TRUNCATED_RESPONSE, answers: []}),
  }
}

const framed = (bytes: Buffer): Buffer => Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 255]), bytes])

const serveTcp = async (zone: Zone, {port, asked, hostile}: {port: number; asked: string[]; hostile: Hostile}): Promise<Server> => {
  const server = createServer(socket => {
    let held = Buffer.alloc(0)
    socket.on('error', () => {}).on('data', chunk => {
      held = Buffer.concat([held, chunk])
      while (held.length >= 2 && held.length >= 2 + held.readUInt16BE(0)) {
        const length = held.readUInt16BE(0)
        const reply = respond(zone, held.subarray(2, 2 + length))
        held = held.subarray(2 + length)
        if (reply === null) return
        asked.push(`TCP ${reply.text}`)
        socket.write(hostile.overTcp?.(reply.whole) ?? framed(reply.whole))
      }
    })
  }).listen(port, '127.0.0.1')
  await once(server, 'listening')
  return server
}

/** Serves a zone until the test ends. */
export const dnsServer = async (zone: Zone, hostile: Hostile = {}): Promise<DnsServer> => {
  const socket = createSocket('udp4')
  const stranger = createSocket('udp4')
  const asked: string[] = []
  const answer = (message: Buffer, {port, address}: RemoteInfo): void => {
    const reply = respond(zone, message)
    if (reply === null) return
    asked.push(reply.text)
    const right = reply.whole.length > MOST_UDP ? reply.cut : reply.whole
    for (const bytes of hostile.forged?.(message, right) ?? []) stranger.send(bytes, port, address)
    for (const bytes of hostile.before?.(message, right) ?? []) socket.send(bytes, port, address)
    socket.send(hostile.instead?.(message, right) ?? right, port, address)
  }
  socket.on('message', answer)
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  const {port} = socket.address()
  const server = await serveTcp(zone, {port, asked, hostile})
  onTestFinished(() => {
    socket.close()
    stranger.close()
    server.close()
  })
  return {at: `127.0.0.1:${port}`, asked}
}
