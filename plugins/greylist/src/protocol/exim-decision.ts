// A greylistd request as a question to the policy, and the policy's answer as one of greylistd's colours.
import type {Decision, Request} from '../policy/types.js'
import type {EximColour, EximLine} from './exim-line.js'

/**
 * What to ask. With the null sender Exim's ACL asks at DATA only (callouts have their answer at RCPT), so that is the
 * stage. A network as ${mask:...} writes it is one of its addresses.
 */
export const requestOfExim = (line: Extract<EximLine, {ip: string}>, listener: string): Request => ({
  client: line.ip.replace(/\/\d+$/, ''),
  stage: line.sender === null ? 'connect' : line.sender === '' ? 'data' : 'rcpt',
  listener,
  ...(line.sender !== null && {sender: line.sender}),
  ...(line.recipient !== null && {recipient: line.recipient}),
})

/** The decision as a colour: what is grey is deferred, black refused. */
export const colourOfDecision = ({action}: Decision): EximColour =>
  action === 'defer' ? 'grey' : action === 'reject' ? 'black' : 'white'
