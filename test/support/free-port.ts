// A port of loopback that nobody listens on, for servers that cannot be told to take any
import {createServer, type AddressInfo} from 'node:net'

/** Gives a port that was free a moment ago. */
export const freePort = async (): Promise<number> =>
  await new Promise((resolve, reject) => {
    const server = createServer()
    server.on('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const {port} = server.address() as AddressInfo
      server.close(() => resolve(port))
    })
  })
