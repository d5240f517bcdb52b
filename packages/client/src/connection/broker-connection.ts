/**
 * One connection to one broker: dials, agrees on versions, then carries requests in order and matches the answers. It
 * lives until it breaks, a request times out, or `close`; a new one is made by the pool.
 */
import {
  addressText,
  type Clock,
  type Connection,
  type Network,
  type NetworkError,
  type Timer,
  type Timers,
} from '@millrace/platform'
import { APIS, type Api, decodeResponse, ErrorCode, encodeRequestFrame } from '@millrace/protocol'
import { ConnectionError, TimeoutError } from '../errors/client-errors.ts'
import type { ClientTelemetry } from '../observability/client-telemetry.ts'
import { authenticate } from '../security/authenticate.ts'
import type { ConnectionSecurity } from '../security/connection-security.ts'
import { AuthenticationError, type SaslMechanism } from '../security/sasl-exchange.ts'
import { ApiVersions } from './api-versions.ts'
import { CLIENT_SOFTWARE } from './client-software.ts'
import { FrameSplitter } from './frame-splitter.ts'
import { InFlightRequests } from './in-flight-requests.ts'
import { withTimeLimit } from './time-limit.ts'

/** Of an answer. Brokers stay far below: `fetch.max.bytes` plus one batch. */
const MAX_RESPONSE_BYTES = 512 * 1024 * 1024
const CORRELATION_ID_BYTES = 4
/** Of the answer to ApiVersions, which has header v0. */
const ERROR_CODE_AT = CORRELATION_ID_BYTES
/** Over TLS everything else, such as `CERT_HAS_EXPIRED` or `ERR_SSL_…`, comes from TLS and does not go away by itself. */
const POSIX_ERROR = /^E(?:AI_)?[A-Z0-9]+$/
/** Of the time the broker takes a client's word for who it is: then it proves it again. */
const REAUTHENTICATION_SHARE = 0.85

export interface BrokerAddress {
  readonly host: string
  readonly port: number
}

export interface ConnectionSettings {
  readonly clientId: string
  readonly connectTimeoutMs: number
  /** −1: never. */
  readonly maxIdleMs: number
  /** Nothing by default: neither TLS nor SASL. */
  readonly security?: ConnectionSecurity
  readonly telemetry?: ClientTelemetry
}

export interface ConnectionSeams {
  readonly clock: Clock
  readonly timers: Timers
  readonly network: Network
}

interface PendingRequest {
  readonly correlationId: number
  readonly api: Api
  readonly version: number
  readonly sentMs: number
  readonly timer: Timer
  readonly resolve: (frame: Buffer) => void
  readonly reject: (error: Error) => void
}

export interface RequestOptions {
  readonly timeoutMs: number
  /** Highest version to use. */
  readonly maxVersion?: number
}

export class BrokerConnection {
  /** Set once the handshake is done, which is before anybody gets hold of the connection. */
  versions!: ApiVersions
  /** Called when what `send` refused to hurry for has gone out. */
  onDrain: () => void = () => {}
  private readonly inFlight = new InFlightRequests<PendingRequest>()
  private readonly splitter = new FrameSplitter(MAX_RESPONSE_BYTES)
  private closedBy: Error | undefined
  private lastUsedMs: number
  /** Whether the broker has answered anything beyond the way to open a connection. */
  private hasServed = false
  private idleTimer: Timer | undefined
  /** When to authenticate again (KIP-368). */
  private authenticateAtMs = Number.POSITIVE_INFINITY
  /** While the client authenticates again: what goes out afterwards. Callers bound how many requests they have under way. */
  private held: (() => void)[] | undefined

  private constructor(
    readonly address: BrokerAddress,
    private readonly socket: Connection,
    private readonly settings: ConnectionSettings,
    private readonly seams: ConnectionSeams,
    private readonly onClosed: () => void,
  ) {
    this.lastUsedMs = seams.clock.monotonicMs()
    socket.handler = {
      onData: chunk => this.received(chunk),
      onDrain: () => this.onDrain(),
      onClose: error => this.lost(this.closedByPeer(error)),
    }
    if (settings.maxIdleMs >= 0) this.watchIdleness(settings.maxIdleMs)
  }

  /**
   * Dials, agrees on versions and authenticates. Rejects with {@link ConnectionError}, {@link AuthenticationError}, or
   * with `UnsupportedBrokerError` and what decoding throws when the other side does not speak Kafka. `onClosed` is called
   * once, when it is of no more use.
   */
  static async open(
    address: BrokerAddress,
    settings: ConnectionSettings,
    seams: ConnectionSeams,
    onClosed: () => void,
    signal: AbortSignal,
  ): Promise<BrokerConnection> {
    const deadlineMs = seams.clock.monotonicMs() + settings.connectTimeoutMs
    const { connectTimeoutMs, security: { tls, sasl } = {} } = settings
    let socket: Connection
    try {
      socket = await seams.network.connect({
        ...address,
        timeoutMs: connectTimeoutMs,
        signal,
        ...(tls === undefined ? {} : { tls }),
      })
    } catch (cause) {
      if (signal.aborted) throw signal.reason
      throw connectionFailure(addressText(address), cause as NetworkError, tls !== undefined)
    }
    const connection = new BrokerConnection(address, socket, settings, seams, onClosed)
    const remainingMs = () => Math.max(deadlineMs - seams.clock.monotonicMs(), 1)
    try {
      await connection.negotiate(remainingMs())
      if (sasl !== undefined) await connection.authenticate(sasl, remainingMs())
    } catch (error) {
      connection.close()
      throw error
    }
    return connection
  }

  get name(): string {
    return addressText(this.address)
  }
  get isOpen(): boolean {
    return this.closedBy === undefined
  }

  /**
   * Sends one request and resolves to its answer. Rejects with {@link ConnectionError} when the connection breaks and
   * {@link TimeoutError} when the answer is late (the connection is given up then: what it still carries is unknown);
   * `UnsupportedBrokerError` and encoding errors are thrown before anything is sent.
   */
  async request<Input, Response>(
    api: Api<unknown, Input, Response>,
    build: (version: number) => Input,
    options: RequestOptions,
  ): Promise<Response> {
    const version = this.versions.of(api, options.maxVersion)
    const frame = await this.exchange(api, version, build(version), options.timeoutMs)
    this.hasServed = true
    return this.decode(api, frame, version)
  }

  /** Sends a request that has no answer (Produce with acks=0). False: hold back until {@link onDrain}. */
  send<Input>(api: Api<unknown, Input>, build: (version: number) => Input, maxVersion?: number): boolean {
    if (this.closedBy !== undefined) throw this.closedBy
    const version = this.versions.of(api, maxVersion)
    const input = build(version)
    const write = () => {
      const header = { correlationId: this.inFlight.nextCorrelationId(), clientId: this.settings.clientId }
      return this.socket.write(encodeRequestFrame(header, api.request, input, version))
    }
    this.lastUsedMs = this.seams.clock.monotonicMs()
    if (!this.mustHold()) return write()
    this.held?.push(write)
    return true
  }

  /** Idempotent. Requests in flight fail with {@link ConnectionError}. */
  close(): void {
    this.fail(new ConnectionError(this.name, 'closed by this client'))
  }

  private closedByPeer(error: NetworkError | undefined): Error {
    const isTls = this.settings.security?.tls !== undefined
    if (error !== undefined && error.code !== 'ECONNRESET') return connectionFailure(this.name, error, isTls)
    const hint = this.hasServed ? '' : ' before it served anything: is securityProtocol what this listener speaks?'
    return new ConnectionError(this.name, `closed by the broker${hint}`, { cause: error })
  }

  private async negotiate(timeoutMs: number): Promise<void> {
    const api = APIS.ApiVersions
    let version: number = api.request.versions.max
    for (;;) {
      const body = { clientSoftwareName: CLIENT_SOFTWARE.name, clientSoftwareVersion: CLIENT_SOFTWARE.version }
      const frame = await this.exchange(api, version, version >= 3 ? body : {}, timeoutMs)
      const errorCode = frame.length >= ERROR_CODE_AT + 2 ? frame.readInt16BE(ERROR_CODE_AT) : ErrorCode.NONE
      if (errorCode !== ErrorCode.UNSUPPORTED_VERSION || version === 0) {
        this.versions = new ApiVersions(this.name, this.decode(api, frame, version))
        return
      }
      // The answer to a version the broker does not know is in format v0 and may say which ones it does (KIP-511).
      const known = this.decode(api, frame, 0).apiKeys.find(range => range.apiKey === api.key)
      version = Math.min(known?.maxVersion ?? 0, version - 1)
    }
  }

  private async authenticate(sasl: SaslMechanism, timeoutMs: number): Promise<void> {
    const { timers, clock } = this.seams
    const startedMs = clock.monotonicMs()
    const lifetimeMs = await withTimeLimit(
      timers,
      authenticate(
        async (api, input) => {
          const version = this.versions.of(api as Api)
          return this.decode(api, await this.exchangeNow(api, version, input, timeoutMs), version)
        },
        sasl,
        { host: this.address.host, name: this.name },
      ),
      { timeoutMs },
      () => new TimeoutError(`authentication with ${this.name}`, timeoutMs),
    )
    if (lifetimeMs > 0) this.authenticateAtMs = startedMs + lifetimeMs * REAUTHENTICATION_SHARE
  }

  /** Whether requests have to wait because the client proves anew who it is: it begins with that here. */
  private mustHold(): boolean {
    if (this.held !== undefined) return true
    const { security, connectTimeoutMs } = this.settings
    if (this.lastUsedMs < this.authenticateAtMs || security?.sasl === undefined) return false
    const held: (() => void)[] = []
    this.held = held
    this.authenticate(security.sasl, connectTimeoutMs).then(
      () => {
        this.held = undefined
        for (const transmit of held) transmit()
      },
      (error: Error) => {
        this.fail(error)
        for (const transmit of held) transmit()
      },
    )
    return true
  }

  private exchange<Input>(api: Api<unknown, Input>, version: number, input: Input, timeoutMs: number): Promise<Buffer> {
    this.lastUsedMs = this.seams.clock.monotonicMs()
    if (this.closedBy !== undefined || !this.mustHold()) return this.exchangeNow(api, version, input, timeoutMs)
    return new Promise((resolve, reject) => {
      this.held?.push(() => this.exchangeNow(api, version, input, timeoutMs).then(resolve, reject))
    })
  }

  private exchangeNow<Input>(
    api: Api<unknown, Input>,
    version: number,
    input: Input,
    timeoutMs: number,
  ): Promise<Buffer> {
    if (this.closedBy !== undefined) return Promise.reject(this.closedBy)
    const correlationId = this.inFlight.nextCorrelationId()
    const chunks = encodeRequestFrame({ correlationId, clientId: this.settings.clientId }, api.request, input, version)
    const sentMs = this.seams.clock.monotonicMs()
    return new Promise<Buffer>((resolve, reject) => {
      const timer = this.seams.timers.after(timeoutMs, () =>
        this.lost(new TimeoutError(`${api.name} request to ${this.name}`, timeoutMs)),
      )
      this.inFlight.add({ correlationId, api: api as Api, version, sentMs, timer, resolve, reject })
      this.socket.write(chunks)
    })
  }

  private decode<Response>(api: Api<unknown, unknown, Response>, frame: Buffer, version: number): Response {
    try {
      return decodeResponse(api.response, frame, version)
    } catch (error) {
      this.fail(new ConnectionError(this.name, (error as Error).message, { cause: error }))
      throw this.closedBy
    }
  }

  private received(chunk: Buffer): void {
    if (this.closedBy !== undefined) return
    try {
      this.splitter.push(chunk, frame => this.answered(frame))
    } catch (error) {
      this.fail(new ConnectionError(this.name, (error as Error).message, { cause: error }))
    }
  }

  private answered(frame: Buffer): void {
    if (this.closedBy !== undefined) return
    const correlationId = frame.length >= CORRELATION_ID_BYTES ? frame.readInt32BE(0) : -1
    const request = this.inFlight.answered(correlationId)
    if (request === undefined) {
      this.fail(new ConnectionError(this.name, `answer ${correlationId} belongs to no request, or to a later one`))
      return
    }
    request.timer.cancel()
    const { api, version, sentMs } = request
    this.settings.telemetry?.requestAnswered(this.name, api.name, version, this.seams.clock.monotonicMs() - sentMs)
    request.resolve(frame)
  }

  /** An end that this client did not want. */
  private lost(error: Error): void {
    if (this.closedBy === undefined) this.settings.telemetry?.connectionLost(this.name, error)
    this.fail(error)
  }

  /** The one way to the end: whoever comes first decides what the waiting requests are told. */
  private fail(error: Error): void {
    if (this.closedBy !== undefined) return
    this.closedBy = error
    this.idleTimer?.cancel()
    this.socket.destroy()
    this.onClosed()
    for (const request of this.inFlight.takeAll()) {
      request.timer.cancel()
      request.reject(error)
    }
  }

  private watchIdleness(maxIdleMs: number): void {
    const idleMs = this.seams.clock.monotonicMs() - this.lastUsedMs
    if (idleMs >= maxIdleMs && this.inFlight.size === 0) {
      this.fail(new ConnectionError(this.name, `closed after ${maxIdleMs} ms without a request`))
      return
    }
    this.idleTimer = this.seams.timers.after(Math.max(maxIdleMs - idleMs, 1_000), () => this.watchIdleness(maxIdleMs))
  }
}

function connectionFailure(name: string, cause: NetworkError, isTls: boolean): Error {
  if (isTls && (cause.code === 'EPROTO' || !POSIX_ERROR.test(cause.code)))
    return new AuthenticationError(name, `TLS: ${cause.message}`, { cause })
  return new ConnectionError(name, cause.message, { cause })
}
