// Postfix's side of the daemon: many requests a connection, answered in order, no wrong answer in trouble.
import type {Socket} from 'node:net'

import {isFault} from '../../protocol/filter-decision.js'
import {actionOf, requestOfAttributes} from '../../protocol/policy-decision.js'
import {formatPolicyAction, readPolicyRequests, type PolicyAttributes} from '../../protocol/policy-delegation.js'
import type {Serving} from './filter-socket.js'

// Postfix keeps a connection 300 s without use and 1000 s in all (SMTPD_POLICY_README); nobody needs longer.
const IDLE_MS = 1_200_000
/** Requests of one connection that wait for an answer before it is read on. */
const MOST_WAITING = 256

/** Answers may come out of order from the policy, and go out in the order of the requests. */
class Answers {
  readonly #socket: Socket
  readonly #slots: {action: string | null}[] = []
  #flushing = false
  #last = false

  constructor(socket: Socket) {
    this.#socket = socket
  }

  get waiting(): number {
    return this.#slots.length
  }

  /** Gives a place in the order; what it is called with is sent when all before it were. */
  next(): (action: string) => void {
    const slot: {action: string | null} = {action: null}
    this.#slots.push(slot)
    return action => {
      slot.action = action
      if (this.#flushing || this.#slots[0]?.action === null) return
      this.#flushing = true
      // Once a turn: the answers to pipelined requests leave in one write.
      queueMicrotask(() => this.#flush())
    }
  }

  /** Closes once what waits is answered. */
  end(): void {
    this.#last = true
    if (this.#slots.length === 0) this.#socket.end()
  }

  #flush(): void {
    this.#flushing = false
    let ready = 0
    let text = ''
    for (let slot = this.#slots[0]; slot !== undefined && slot.action !== null; slot = this.#slots[++ready]) text += formatPolicyAction(slot.action)
    this.#slots.splice(0, ready)
    if (text !== '' && this.#socket.writable) this.#socket.write(text, 'latin1')
    if (this.#slots.length > 0) return
    if (this.#last) this.#socket.end()
    else if (this.#socket.writableNeedDrain) this.#socket.once('drain', () => this.#socket.resume())
    else if (this.#socket.isPaused()) this.#socket.resume()
  }
}

const ask = (attributes: PolicyAttributes, reply: (action: string) => void, {service, listener}: Serving): void => {
  const request = requestOfAttributes(attributes, listener)
  if (request === null) return reply('DUNNO')
  // A store out of order is no reason to hold mail: other restrictions still have their say.
  service.decide(request, decision => reply(isFault(decision) ? 'DUNNO' : actionOf(decision)))
}

/** Serves one connection of a Postfix smtpd. */
export const servePolicy = (socket: Socket, serving: Serving): void => {
  const {service, talk, listener, connections} = serving
  const answers = new Answers(socket)
  let text = ''
  let ended = false
  connections.add(socket, () => {
    ended = true
    answers.end()
  })
  service.tally('connections')
  socket.setEncoding('latin1').setNoDelay(true).setTimeout(IDLE_MS, () => socket.destroy())
  socket.on('data', (chunk: string) => {
    if (ended) return
    const {requests, rest, fault} = readPolicyRequests(text + chunk)
    text = rest
    for (const attributes of requests) ask(attributes, answers.next(), serving)
    if (answers.waiting >= MOST_WAITING || socket.writableNeedDrain) socket.pause()
    if (fault === null) return
    // No answer to what was not understood: Postfix then asks again, and at last takes its default_action.
    ended = true
    service.tally('protocol_errors')
    talk.warn(`${listener}: closed, not a request of Postfix: ${fault}`)
    answers.end()
  })
  socket.on('end', () => {
    ended = true
    answers.end()
  })
}
