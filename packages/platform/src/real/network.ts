import net from 'node:net'
import tls from 'node:tls'
import {
  type Connection,
  type ConnectOptions,
  type Listener,
  type ListenOptions,
  type Network,
  NetworkError,
  type TlsClientSettings,
} from '../network.ts'
import { LONGEST_DELAY_MS } from '../timers.ts'
import { networkErrorOf, SocketConnection } from './socket-connection.ts'

/** Kafka's `socket.listen.backlog.size`. */
const DEFAULT_BACKLOG = 50

/** TCP. Nagle's algorithm is off: writes are coalesced here, and a request that waits for an acknowledgement is 40 ms late. */
const SOCKET_OPTIONS = { noDelay: true, keepAlive: true } as const

export const realNetwork: Network = {
  listen(options: ListenOptions, onConnection: (connection: Connection) => void): Promise<Listener> {
    return new Promise((resolve, reject) => {
      const server = net.createServer(SOCKET_OPTIONS, socket => onConnection(new SocketConnection(socket)))
      server.once('error', error => reject(networkErrorOf(error)))
      const { host, port, backlog = DEFAULT_BACKLOG } = options
      server.listen({ host, port, backlog }, () => {
        server.removeAllListeners('error')
        server.on('error', () => {}) // Accepting one connection failed (EMFILE): the next may succeed.
        const address = server.address() as net.AddressInfo
        resolve({
          host: address.address,
          port: address.port,
          close: () => closeServer(server),
        })
      })
    })
  },

  connect({ host, port, timeoutMs, signal, tls: tlsSettings }: ConnectOptions): Promise<Connection> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(signal.reason)
        return
      }
      const socket = tlsSettings === undefined ? net.connect({ host, port, ...SOCKET_OPTIONS }) : connectTls()
      const timer = setTimeout(
        () => fail(new NetworkError('ETIMEDOUT', `no connection to ${host}:${port} within ${timeoutMs} ms`)),
        Math.min(timeoutMs, LONGEST_DELAY_MS),
      )
      const onAbort = () => fail(signal?.reason)
      const onError = (error: Error) => fail(networkErrorOf(error))
      signal?.addEventListener('abort', onAbort, { once: true })
      socket.once('error', onError)
      socket.once(tlsSettings === undefined ? 'connect' : 'secureConnect', () => {
        settle()
        resolve(new SocketConnection(socket))
      })

      function connectTls(): net.Socket {
        const socket = tls.connect({ host, port, ...tlsOptions(host, tlsSettings!) })
        // Options of the TCP socket do not pass through.
        return socket.setNoDelay(true).setKeepAlive(true)
      }
      function settle(): void {
        clearTimeout(timer)
        signal?.removeEventListener('abort', onAbort)
        socket.removeListener('error', onError)
      }
      function fail(reason: unknown): void {
        settle()
        socket.on('error', () => {}) // What the attempt that was given up still has to say.
        socket.destroy()
        reject(reason)
      }
    })
  },
}

function tlsOptions(host: string, settings: TlsClientSettings): tls.ConnectionOptions {
  const { certificateAuthorities, certificateChain, privateKey, keyStore, passphrase, cipherSuites } = settings
  return {
    // Server name indication knows names only.
    ...(net.isIP(host) === 0 ? { servername: host } : {}),
    ...(certificateAuthorities === undefined ? {} : { ca: certificateAuthorities }),
    ...(certificateChain === undefined ? {} : { cert: certificateChain }),
    ...(privateKey === undefined ? {} : { key: privateKey }),
    ...(keyStore === undefined ? {} : { pfx: keyStore }),
    ...(passphrase === undefined ? {} : { passphrase }),
    ...(cipherSuites === undefined ? {} : { ciphers: cipherSuites.join(':') }),
    ...(settings.verifiesHostname ? {} : { checkServerIdentity: () => undefined }),
    minVersion: settings.minVersion,
    maxVersion: settings.maxVersion,
  }
}

/** `net.Server.close` calls back only when the last connection is closed; the port is free at once. */
function closeServer(server: net.Server): Promise<void> {
  server.close()
  return new Promise(resolve => setImmediate(resolve))
}
