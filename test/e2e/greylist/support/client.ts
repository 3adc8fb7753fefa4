// Real SMTP clients: nodemailer for whole messages, a plain socket where a test wants its own words.
import {connect, type Socket} from 'node:net'

import {createTransport} from 'nodemailer'

/** How a delivery ended: `250`, or the code that refused it and its text. */
export interface Delivery {
  readonly code: number
  readonly text: string
}

/** Delivers one message as a mail server would; never throws for what the server answers. */
export const deliver = async (port: number, {host = '127.0.0.1', from = 'sender@example.org', to = 'user@example.net', localAddress = '127.0.0.1'}: {host?: string; from?: string; to?: string; localAddress?: string} = {}): Promise<Delivery> => {
  const transport = createTransport({host, port, secure: false, ignoreTLS: true, name: 'client.example.org', localAddress, connectionTimeout: 30_000, greetingTimeout: 30_000, socketTimeout: 60_000} as Parameters<typeof createTransport>[0])
  try {
    const {response} = (await transport.sendMail({envelope: {from, to: [to]}, raw: `From: ${from}\r\nTo: ${to}\r\nSubject: test\r\n\r\nHello\r\n`})) as {response: string}
    return {code: Number(response.slice(0, 3)), text: response}
  } catch (error) {
    const {responseCode, response, message} = error as {responseCode?: number; response?: string; message: string}
    if (responseCode === undefined) throw error
    return {code: responseCode, text: response ?? message}
  } finally {
    transport.close()
  }
}

/** A connection whose words a test chooses. */
export interface PlainClient {
  readonly socket: Socket
  text(): string
  /** Waits until what was received matches. */
  expect(pattern: RegExp): Promise<string>
  readonly closed: Promise<void>
}

/** Connects, and collects what comes. */
export const plainClient = (to: {port: number; host?: string; localAddress?: string} | {path: string}): PlainClient => {
  const socket = 'path' in to ? connect({path: to.path}) : connect({host: '127.0.0.1', ...to})
  let text = ''
  const waiting = new Set<() => void>()
  const wake = (): void => {
    for (const look of waiting) look()
  }
  socket.setEncoding('latin1').on('data', (chunk: string) => {
    text += chunk
    wake()
  })
  socket.on('error', () => {})
  const closed = new Promise<void>(resolve => socket.once('close', () => resolve()))
  return {
    socket,
    closed,
    text: () => text,
    expect: async pattern =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error(`${pattern} did not come; what came: ${JSON.stringify(text.slice(0, 500))}`)), 60_000)
        const look = (): void => {
          if (!pattern.test(text)) return
          clearTimeout(timer)
          waiting.delete(look)
          resolve(text)
        }
        waiting.add(look)
        look()
      }),
  }
}

/** One line to a socket, and all that comes back until it is closed; '' when the connection broke. */
export const ask = async (path: string, line: string): Promise<string> => {
  const client = plainClient({path})
  client.socket.end(line)
  await client.closed
  return client.text()
}
