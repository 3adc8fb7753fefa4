// A dialogue over SMTP with a server on loopback, a line at a time.
import {connect} from 'node:net'

/** The base64 of a text, as AUTH wants it. */
export const base64 = (text: string): string => Buffer.from(text, 'latin1').toString('base64')

/** The commands of one failed or successful AUTH LOGIN. */
export const authLogin = (user: string, password: string): string[] => ['AUTH LOGIN', base64(user), base64(password)]

/** The command of one AUTH PLAIN. */
export const authPlain = (user: string, password: string): string[] => [`AUTH PLAIN ${base64(`\0${user}\0${password}`)}`]

/**
 * Says each line after the reply to the one before.
 * @returns the replies, each with its continuation lines; the first is the greeting
 */
export const dialogue = async (port: number, lines: readonly string[], host = '127.0.0.1'): Promise<string[]> =>
  await new Promise((resolve, reject) => {
    const socket = connect({port, host})
    const replies: string[] = []
    let text = ''
    let said = 0
    socket.setEncoding('latin1')
    socket.setTimeout(30_000, () => socket.destroy(new Error(`no reply from port ${port} within 30 s`)))
    socket.on('data', (chunk: string) => {
      text += chunk
      // A reply ends with the line that has a blank after its code (RFC 5321, 4.2.1).
      const end = /^\d{3}(?: .*)?\r\n/m.exec(text)
      if (end === null) return
      const length = end.index + end[0].length
      replies.push(text.slice(0, length).trimEnd())
      text = text.slice(length)
      const next = lines[said++]
      if (next === undefined) socket.end()
      else socket.write(`${next}\r\n`)
    })
    socket.on('error', reject)
    socket.on('close', () => resolve(replies))
  })
