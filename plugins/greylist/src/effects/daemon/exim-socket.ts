// Exim's side of the daemon: what greylistd answers to ${readsocket ...}, to a half-closed request as well as to an open one.
import type {Socket} from 'node:net'

import {isFault} from '../../protocol/filter-decision.js'
import {colourOfDecision, requestOfExim} from '../../protocol/exim-decision.js'
import {formatEximStatus, MAX_EXIM_BYTES, parseEximLine, type EximLine} from '../../protocol/exim-line.js'
import type {Serving} from './filter-socket.js'

const IDLE_MS = 10_000
// greylistd's own client sends neither a line end nor an end of file.
const QUIET_MS = 50

/** What an administrator does goes by `mailops greylist`: whoever reaches this socket is a mail server, not root. */
const administration = (verb: string): string =>
  verb === 'save' || verb === 'reload' ? 'Nothing to do: mailops keeps its own store' : `error: "${verb}" is not done here; see mailops greylist --help`

type Done = (reply: string) => void

const decide = (line: Extract<EximLine, {ip: string}>, done: Done, {service, listener}: Serving): void => {
  const request = requestOfExim(line, listener)
  service.decide(request, decision => done(formatEximStatus(isFault(decision) ? 'white' : colourOfDecision(decision), line.ask)))
}

/** Looks without touching: nothing is stored, counted or logged. */
const look = async (line: Extract<EximLine, {ip: string}>, {service, listener}: Serving): Promise<string> => {
  try {
    const {decision, known} = await service.look(requestOfExim(line, listener))
    return formatEximStatus(line.verb === 'status' && !known ? 'unseen' : colourOfDecision(decision), line.ask)
  } catch (error) {
    return `error: ${(error as Error).message}` // a store out of order; greylistd's clients show what follows the colon
  }
}

const answer = async (text: string, done: Done, serving: Serving): Promise<void> => {
  const line = parseEximLine(text)
  switch (line.verb) {
    case 'update':
      return decide(line, done, serving)
    case 'check':
    case 'status':
      return done(await look(line, serving))
    case 'error':
      serving.service.tally('protocol_errors')
      return done(`error: ${line.message}`)
    default:
      return done(administration(line.verb))
  }
}

/** Serves one connection of Exim, or of a client of greylistd. */
export const serveExim = (socket: Socket, serving: Serving): void => {
  let text = ''
  let done = false
  let quiet: NodeJS.Timeout | undefined
  const take = (): void => {
    clearTimeout(quiet)
    if (done) return
    done = true
    // What comes after the line end is none of it.
    void answer(text.replace(/\r?\n[\s\S]*$/, ''), reply => socket.end(reply), serving)
  }
  serving.connections.add(socket, () => {
    if (!done) socket.destroy()
  })
  serving.service.tally('connections')
  socket.setEncoding('latin1').setTimeout(IDLE_MS, () => socket.destroy())
  socket.on('data', (chunk: string) => {
    if (done) return
    text += chunk
    clearTimeout(quiet)
    if (text.includes('\n') || text.length > MAX_EXIM_BYTES) take()
    else quiet = setTimeout(take, QUIET_MS)
  })
  socket.on('end', () => {
    if (text === '') socket.end()
    else take()
  })
  socket.once('close', () => clearTimeout(quiet))
}
