// A DNS server on loopback whose zone a test writes down.
import {createSocket} from 'node:dgram'
import {once} from 'node:events'

import packet from 'dns-packet'
import {onTestFinished} from 'vitest'

/** Records by name in lower case; a name that is absent does not exist. */
export type Zone = Readonly<Record<string, {txt?: readonly string[]; a?: readonly string[]; aaaa?: readonly string[]; mx?: readonly string[]}>>

export interface DnsServer {
  /** `127.0.0.1:PORT`. */
  readonly at: string
  /** Names that were asked for, with their types. */
  readonly asked: string[]
}

const answersOf = (zone: Zone, {name, type}: {name: string; type: string}): packet.Answer[] => {
  const records = zone[name.toLowerCase()] ?? {}
  if (type === 'TXT') return (records.txt ?? []).map(text => ({type: 'TXT', name, ttl: 60, data: (text.match(/.{1,200}/gs) ?? ['']).map(part => Buffer.from(part))}))
  if (type === 'A') return (records.a ?? []).map(data => ({type: 'A', name, ttl: 60, data}))
  if (type === 'AAAA') return (records.aaaa ?? []).map(data => ({type: 'AAAA', name, ttl: 60, data}))
  return type === 'MX' ? (records.mx ?? []).map((exchange, preference) => ({type: 'MX', name, ttl: 60, data: {preference, exchange}})) : []
}

/** Serves a zone until the test ends. */
export const dnsServer = async (zone: Zone): Promise<DnsServer> => {
  const socket = createSocket('udp4')
  const asked: string[] = []
  socket.on('message', (message, {port, address}) => {
    const query = packet.decode(message)
    const [question] = query.questions ?? []
    if (question === undefined) return
    asked.push(`${question.type} ${question.name}`)
    const exists = zone[question.name.toLowerCase()] !== undefined
    // NXDOMAIN is 3 in the low bits of the flags (RFC 1035 4.1.1).
    const flags = packet.RECURSION_DESIRED | packet.RECURSION_AVAILABLE | (exists ? 0 : 3)
    socket.send(packet.encode({type: 'response', id: query.id ?? 0, flags, questions: query.questions ?? [], answers: answersOf(zone, question)}), port, address)
  })
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  onTestFinished(() => {
    socket.close()
  })
  return {at: `127.0.0.1:${socket.address().port}`, asked}
}
