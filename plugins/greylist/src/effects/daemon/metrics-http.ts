// The HTTP port for Prometheus: /metrics, and /healthz for a load balancer.
import {createServer, type Server} from 'node:http'

import type {Service} from '../../policy/service.js'
import {listenError} from './listen.js'

/** Where to serve: an address, or a descriptor of systemd's. */
export type MetricsPlace = {readonly host: string; readonly port: number} | {readonly fd: number}

/** Serves until it is closed. */
export const serveMetrics = async (place: MetricsPlace, service: Service): Promise<Server> => {
  const server = createServer({requestTimeout: 5_000, headersTimeout: 5_000, keepAliveTimeout: 5_000}, (request, response) => {
    const path = (request.url ?? '').split('?')[0]
    const send = (status: number, type: string, text: string): void => {
      response.writeHead(status, {'content-type': type, 'content-length': Buffer.byteLength(text)})
      response.end(request.method === 'HEAD' ? undefined : text)
    }
    if (request.method !== 'GET' && request.method !== 'HEAD') return send(405, 'text/plain', 'GET only\n')
    if (path === '/healthz') return send(200, 'text/plain', 'ok\n')
    if (path !== '/metrics') return send(404, 'text/plain', 'see /metrics\n')
    service.metrics().then(
      text => send(200, 'text/plain; version=0.0.4; charset=utf-8', text),
      (error: unknown) => send(500, 'text/plain', `${(error as Error).message}\n`),
    )
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', error => reject(listenError(error, 'fd' in place ? 'the metrics socket' : `${place.host}:${place.port}`) as Error))
    server.listen('fd' in place ? {fd: place.fd} : place, resolve)
  })
  return server
}
