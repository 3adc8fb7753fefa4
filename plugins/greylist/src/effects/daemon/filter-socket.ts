// The filter's side of the daemon: one line in, one line out, end.
import type {Socket} from 'node:net'

import type {Service} from '../../policy/service.js'
import {envelopeOf, filterReplyOf, requestOfConnect, slipsOf} from '../../protocol/filter-decision.js'
import {formatFilterReply, MAX_REQUEST_BYTES, parseFilterLine} from '../../protocol/filter-line.js'
import type {Connections} from './connections.js'
import type {Talk} from './log.js'

/** What a connection is served with. */
export interface Serving {
  readonly service: Service
  /** As Request.listener has it. */
  readonly listener: string
  readonly talk: Talk
  readonly connections: Connections
}

// Longer than any deadline of a filter; who says nothing for so long is none.
const IDLE_MS = 10_000

const answer = (socket: Socket, line: string, {service, listener, talk}: Serving): void => {
  if (line === 'ping') return void socket.end('pong\n')
  const request = parseFilterLine(line)
  if (request === null) {
    service.tally('protocol_errors')
    talk.warn(`${listener}: not a request of the filter: ${JSON.stringify(line.slice(0, 60))}`)
    socket.end(formatFilterReply({verb: 'fail', text: 'request not understood'}), 'latin1')
  } else if (request.verb === 'envelope') {
    service.report(envelopeOf(request))
    socket.end()
  } else {
    for (const slip of slipsOf(request)) talk.warn(`${slip} is no span of time, and not used: see tcp.smtp`)
    service.decide(requestOfConnect(request, listener), decision => socket.end(formatFilterReply(filterReplyOf(decision)), 'latin1'))
  }
}

/** Serves one connection of a filter. */
export const serveFilter = (socket: Socket, serving: Serving): void => {
  let text = ''
  let done = false
  const finish = (): void => {
    // Nothing was asked yet: whoever it is asks the next daemon, or passes.
    if (!done) socket.destroy()
  }
  serving.connections.add(socket, finish)
  serving.service.tally('connections')
  socket.setEncoding('latin1').setTimeout(IDLE_MS, () => socket.destroy())
  const take = (line: string): void => {
    done = true
    answer(socket, line, serving)
  }
  socket.on('data', (chunk: string) => {
    if (done) return
    text += chunk
    const end = text.indexOf('\n')
    if (end !== -1) take(text.slice(0, end).replace(/\r$/, ''))
    else if (text.length > MAX_REQUEST_BYTES) take(text)
  })
  socket.on('end', () => {
    if (!done) socket.end()
  })
}
