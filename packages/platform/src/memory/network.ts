import {
  type Connection,
  type ConnectOptions,
  type Listener,
  type ListenOptions,
  type Network,
  NetworkError,
  refuseTls,
} from '../network.ts'
import type { Timers } from '../timers.ts'
import { type Carrier, DuplexEnd, type Segment } from './duplex.ts'

const HOST = '127.0.0.1'
const FIRST_FREE_PORT = 49_152

/**
 * A network inside one process, where every host name means this process: broker and client on one event loop, or
 * tests, without sockets. Each call makes a network of its own; those who are to meet share one.
 */
export function memoryNetwork(timers: Timers): Network {
  const listeners = new Map<number, (connection: Connection) => void>()
  const later = (callback: () => void) => timers.soon(callback)
  const carrier: Carrier = { carry: (segment: Segment, arrive) => later(() => arrive(segment)) }
  let nextPort = FIRST_FREE_PORT

  return {
    async listen({ host, port: wantedPort }: ListenOptions, onConnection): Promise<Listener> {
      const port = wantedPort === 0 ? nextPort++ : wantedPort
      if (listeners.has(port)) throw new NetworkError('EADDRINUSE', `port ${port} is in use`)
      listeners.set(port, onConnection)
      return {
        host,
        port,
        async close() {
          if (listeners.get(port) === onConnection) listeners.delete(port)
        },
      }
    },

    async connect(options: ConnectOptions): Promise<Connection> {
      refuseTls(options)
      const { host, port, signal } = options
      signal?.throwIfAborted()
      await new Promise<void>(later)
      signal?.throwIfAborted()
      const onConnection = listeners.get(port)
      if (onConnection === undefined) throw new NetworkError('ECONNREFUSED', `nobody listens on ${host}:${port}`)
      const [near, far] = DuplexEnd.pair(
        { remoteAddress: HOST, remotePort: port, carrier, later },
        { remoteAddress: HOST, remotePort: nextPort++, carrier, later },
      )
      onConnection(far)
      return near
    },
  }
}
