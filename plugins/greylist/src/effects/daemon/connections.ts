// The open connections of a listener: known, so that a stop can let them finish and then end them.
import type {Server, Socket} from 'node:net'

/** Everything of one kind of socket that is open now. */
export class Connections {
  readonly #open = new Map<Socket, () => void>()

  get count(): number {
    return this.#open.size
  }

  /**
   * Keeps a connection until it is closed.
   * @param finish ends it once what was asked is answered; called at a stop
   */
  add(socket: Socket, finish: () => void): void {
    this.#open.set(socket, finish)
    socket.once('close', () => this.#open.delete(socket))
    // A peer that went away is no trouble of ours: 'close' follows.
    socket.on('error', () => {})
  }

  /** Lets all finish; those that have not after `graceMs` are cut off. */
  async finish(graceMs: number): Promise<void> {
    for (const finish of this.#open.values()) finish()
    if (this.#open.size === 0) return
    await new Promise<void>(resolve => {
      const timer = setTimeout(() => {
        for (const socket of this.#open.keys()) socket.destroy()
        resolve()
      }, graceMs)
      for (const socket of this.#open.keys())
        socket.once('close', () => {
          // Its own 'close' listener of `add` runs first.
          if (this.#open.size > 0) return
          clearTimeout(timer)
          resolve()
        })
    })
  }
}

/** Stops to listen; does not wait for connections. */
export const stopListening = (server: Server): void => {
  server.close(() => {})
}
