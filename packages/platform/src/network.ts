/**
 * Ordered byte streams. The real form is TCP; the memory form is a duplex inside one process; the simulated form
 * delays, drops, cuts and half-opens under a seed.
 */
export interface Network {
  /** Rejects with a {@link NetworkError} (`EADDRINUSE`, `EACCES`, …). Port 0 picks a free one: see {@link Listener.port}. */
  listen(options: ListenOptions, onConnection: (connection: Connection) => void): Promise<Listener>
  /** Rejects with a {@link NetworkError} (`ECONNREFUSED`, `ETIMEDOUT`, `ENOTFOUND`, …) or the signal's reason. */
  connect(options: ConnectOptions): Promise<Connection>
}

export interface ListenOptions {
  /** Name or address of the interface; `0.0.0.0` or `::` for all. */
  readonly host: string
  readonly port: number
  /** How many connections may wait to be accepted. The system's own limit applies when it is lower. */
  readonly backlog?: number
}

export interface ConnectOptions {
  readonly host: string
  readonly port: number
  /** Gives up with `ETIMEDOUT` after this time. */
  readonly timeoutMs: number
  readonly signal?: AbortSignal
  /** Speak TLS. Networks without it, memory and simulated ones, reject with `ENOTSUP`. */
  readonly tls?: TlsClientSettings
}

/** How a client speaks TLS. Texts are PEM. */
export interface TlsClientSettings {
  /** Whom to trust; the certificate authorities that come with Node by default. */
  readonly certificateAuthorities?: string | Buffer
  /** The client's own certificate with its chain, and its key, for servers that ask for one. */
  readonly certificateChain?: string | Buffer
  readonly privateKey?: string | Buffer
  /** Both in one PKCS #12 store instead. */
  readonly keyStore?: Buffer
  /** Of the private key or the store. */
  readonly passphrase?: string
  /** Whether the server's certificate has to name the host that was asked for. */
  readonly verifiesHostname: boolean
  readonly minVersion: TlsVersion
  readonly maxVersion: TlsVersion
  /** OpenSSL's names, for TLS 1.2 and 1.3 alike; Node's choice by default. */
  readonly cipherSuites?: readonly string[]
}

export type TlsVersion = 'TLSv1.2' | 'TLSv1.3'

/** For networks that carry bytes as they are. */
export function refuseTls({ host, port, tls }: ConnectOptions): void {
  if (tls !== undefined) throw new NetworkError('ENOTSUP', `there is no TLS on the way to ${host}:${port}`)
}

/** `host:port` as addresses are written; IPv6 in brackets. */
export function addressText({ host, port }: { readonly host: string; readonly port: number }): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`
}

export interface Listener {
  readonly host: string
  readonly port: number
  /** Stops accepting; connections that are open stay open. */
  close(): Promise<void>
}

/** {@link Connection.write} asks to hold back while more than this waits. */
export const HIGH_WATER_MARK_BYTES = 1024 * 1024

export interface Connection {
  readonly remoteAddress: string
  readonly remotePort: number
  /** Who gets what arrives. Nothing is delivered, and nothing is lost, before it is set; set it once. */
  handler: ConnectionHandler
  /**
   * Queues the chunks in order; they must not be changed before `onSent` is called, which means that the system has all of
   * them; it is never called if the connection closes before. False when more than {@link HIGH_WATER_MARK_BYTES} wait: hold
   * back until `onDrain`. A write after the end or the close is ignored.
   */
  write(chunks: readonly Uint8Array[], onSent?: () => void): boolean
  /** Bytes accepted by `write` and not yet handed to the system. */
  readonly pendingBytes: number
  /** Stops `onData` at once until `resume`: back-pressure reaches the peer. */
  pause(): void
  resume(): void
  /** Sends what is queued, then closes; the peer, seeing the end, sends what it has queued and closes too. */
  end(): void
  /** Closes at once and throws away what is queued. The peer sees an orderly close or `ECONNRESET`. */
  destroy(): void
}

export interface ConnectionHandler {
  /** The buffer belongs to the handler from here on. */
  onData(chunk: Buffer): void
  onDrain?(): void
  /** Called exactly once, last, never from inside `destroy`. `error` is undefined after an orderly close by either side. */
  onClose(error: NetworkError | undefined): void
}

export class NetworkError extends Error {
  constructor(
    /** POSIX error name: `ECONNREFUSED`, `ECONNRESET`, `ETIMEDOUT`, … */
    readonly code: string,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options)
    this.name = 'NetworkError'
  }
}
