// A DNS server of the test's own, UDP and TCP on loopback, from a table of records.
import {createSocket} from 'node:dgram'
import {createServer} from 'node:net'

import * as packet from 'dns-packet'

/** Records of one name; `servfail` answers nothing but that, `truncate` makes UDP say: ask by TCP. */
export interface NameRecords {
  readonly A?: readonly string[]
  readonly AAAA?: readonly string[]
  readonly MX?: readonly (readonly [number, string])[]
  readonly NS?: readonly string[]
  readonly CNAME?: string
  readonly servfail?: boolean
  readonly truncate?: boolean
}

export type Records = Readonly<Record<string, NameRecords>>

export interface TestDns {
  /** `127.0.0.1:PORT`, as --resolver takes it. */
  readonly address: string
  /** What was asked: `udp MX looped.example`. */
  readonly asked: string[]
  stop(): Promise<void>
}

const SERVFAIL = 2
const NXDOMAIN = 3

const answersFor = (
  name: string,
  type: string,
  {A = [], AAAA = [], MX = [], NS = [], CNAME}: NameRecords,
): packet.Answer[] => {
  if (CNAME !== undefined) return [{type: 'CNAME', name, data: CNAME}]
  if (type === 'A') return A.map(data => ({type: 'A' as const, name, data}))
  if (type === 'AAAA') return AAAA.map(data => ({type: 'AAAA' as const, name, data}))
  if (type === 'NS') return NS.map(data => ({type: 'NS' as const, name, data}))
  return type === 'MX'
    ? MX.map(([preference, exchange]) => ({type: 'MX' as const, name, data: {preference, exchange}}))
    : []
}

const follow = (records: Records, name: string, type: string): packet.Answer[] => {
  const own = records[name]
  if (own === undefined) return []
  const found = answersFor(name, type, own)
  return own.CNAME === undefined || type === 'CNAME' ? found : [...found, ...follow(records, own.CNAME, type)]
}

const reply = (query: packet.Packet, records: Records, transport: 'udp' | 'tcp', asked: string[]): Buffer => {
  const [question] = query.questions ?? []
  const name = question?.name.toLowerCase() ?? ''
  const type = question?.type ?? 'A'
  asked.push(`${transport} ${type} ${name}`)
  const own = records[name]
  const isKnown = own !== undefined || Object.keys(records).some(other => other.endsWith(`.${name}`))
  const isCut = transport === 'udp' && own?.truncate === true
  const rcode = own?.servfail === true ? SERVFAIL : isKnown ? 0 : NXDOMAIN
  return packet.encode({
    type: 'response',
    id: query.id ?? 0,
    questions: query.questions ?? [],
    flags: packet.RECURSION_DESIRED | packet.RECURSION_AVAILABLE | (isCut ? packet.TRUNCATED_RESPONSE : 0) | rcode,
    answers: rcode === 0 && !isCut ? follow(records, name, type) : [],
  })
}

/** Starts it; `port` 0 is a free one. */
export const startDns = async (records: Records, {host = '127.0.0.1', port = 0} = {}): Promise<TestDns> => {
  const asked: string[] = []
  const udp = createSocket('udp4')
  udp.on('message', (message, {address, port: to}) =>
    udp.send(reply(packet.decode(message), records, 'udp', asked), to, address),
  )
  await new Promise<void>((resolve, reject) => udp.once('error', reject).bind(port, host, resolve))
  const bound = udp.address().port
  const tcp = createServer(socket => {
    let received = Buffer.alloc(0)
    socket.on('error', () => socket.destroy())
    socket.on('data', chunk => {
      received = Buffer.concat([received, chunk])
      while (received.length >= 2 && received.length >= 2 + received.readUInt16BE(0)) {
        const length = received.readUInt16BE(0)
        const answer = reply(packet.decode(received.subarray(2, 2 + length)), records, 'tcp', asked)
        const head = Buffer.alloc(2)
        head.writeUInt16BE(answer.length)
        socket.write(Buffer.concat([head, answer]))
        received = received.subarray(2 + length)
      }
    })
  })
  await new Promise<void>((resolve, reject) => tcp.once('error', reject).listen(bound, host, resolve))
  return {
    address: `${host}:${bound}`,
    asked,
    stop: async () => {
      await new Promise<void>(resolve => udp.close(() => resolve()))
      await new Promise<void>(resolve => tcp.close(() => resolve()))
    },
  }
}
