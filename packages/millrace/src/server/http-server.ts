/**
 * HTTP/1.1 and cleartext HTTP/2 on one socket, as ksqlDB's clients need it: a connection that opens with HTTP/2's preface
 * is handed to one server, every other to the other.
 */
import { createServer as createHttp1Server } from 'node:http'
import { createServer as createHttp2Server } from 'node:http2'
import { createServer, type Socket } from 'node:net'
import { getRequestListener } from '@hono/node-server'

const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n')
/** No method of HTTP/1.1 starts like this much of the preface. */
const FEWEST_BYTES = 3
/** A connection that says nothing for this long is closed. */
const FIRST_BYTES_TIMEOUT_MS = 30_000
/** A request whose head or body takes longer to come is answered with 408. Answers may take as long as they like. */
const REQUEST_TIMEOUTS = { headersTimeout: 30_000, requestTimeout: 60_000, connectionsCheckingInterval: 5_000 }

export interface HttpServer {
  readonly port: number
  /** Takes nothing new and cuts what is open. */
  close(): Promise<void>
}

export type Fetch = (request: Request) => Response | Promise<Response>

/** Rejects with Node's error (`EADDRINUSE`, …). Port 0 takes a free one. */
export async function listenHttp(
  fetch: Fetch,
  options: { readonly host: string; readonly port: number },
): Promise<HttpServer> {
  const listener = getRequestListener(fetch)
  const http1 = createHttp1Server(REQUEST_TIMEOUTS, listener)
  // It never listens itself; this is what makes Node watch its connections' time limits.
  http1.emit('listening')
  const http2 = createHttp2Server({}, listener)
  const open = new Set<Socket>()
  const server = createServer(socket => {
    open.add(socket)
    socket.on('close', () => open.delete(socket))
    socket.on('error', () => socket.destroy())
    socket.setTimeout(FIRST_BYTES_TIMEOUT_MS, () => socket.destroy())
    // Not `data`: the socket must not flow before its server has taken it over with the bytes put back.
    socket.once('readable', () => {
      const first: Buffer | null = socket.read()
      if (first === null) return socket.destroy()
      socket.setTimeout(0)
      socket.unshift(first)
      const compared = Math.min(first.length, PREFACE.length)
      const isHttp2 = compared >= FEWEST_BYTES && first.compare(PREFACE, 0, compared, 0, compared) === 0
      ;(isHttp2 ? http2 : http1).emit('connection', socket)
    })
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port, options.host, () => {
      server.off('error', reject)
      resolve()
    })
  })
  const address = server.address()
  return {
    port: typeof address === 'object' && address !== null ? address.port : options.port,
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        http1.close()
        for (const socket of open) socket.destroy()
      }),
  }
}
