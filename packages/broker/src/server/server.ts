import type { Clock, Listener, Network, Timer, Timers } from '@millrace/platform'
import type { Api, IncomingRequest } from '@millrace/protocol'
import { ClientConnection, type ConnectionOptions } from './client-connection.ts'
import { ReceiveMemory } from './receive-memory.ts'
import type { RequestHandler } from './request-handler.ts'

/** How often idle connections are looked for, at most. */
const IDLE_SWEEP_MS = 30_000

export interface ServerOptions {
  readonly host: string
  readonly port: number
  readonly maxFrameBytes: number
  /** Of all connections together. */
  readonly maxReceiveBytes: number
  /** Of one connection, in process at once. */
  readonly maxRequests: number
  /** Connections above this are closed as they come. */
  maxConnections(): number
  /** Infinity: never. */
  readonly maxIdleMs: number
  handlerOf(apiKey: number): RequestHandler | undefined
  answerUnsupportedVersion(request: IncomingRequest): Uint8Array[] | undefined
  onBug(error: unknown, api: Api): void
}

export interface ServerPlatform {
  readonly network: Network
  readonly clock: Clock
  readonly timers: Timers
}

/** Accepts clients and keeps them until they leave, break the protocol or fall silent. */
export class Server {
  /** Set before {@link listen} gives the server out. */
  private listener!: Listener
  private readonly connections = new Set<ClientConnection>()
  private sweep: Timer | undefined
  private whenEmpty: (() => void) | undefined
  private isClosing = false

  private constructor(
    private readonly platform: ServerPlatform,
    private readonly options: ServerOptions,
  ) {}

  /** Rejects with a NetworkError when the address cannot be had. */
  static async listen(platform: ServerPlatform, options: ServerOptions): Promise<Server> {
    const server = new Server(platform, options)
    const connectionOptions: ConnectionOptions = {
      maxFrameBytes: options.maxFrameBytes,
      maxRequests: options.maxRequests,
      memory: new ReceiveMemory(options.maxReceiveBytes),
      clock: platform.clock,
      handlerOf: options.handlerOf,
      answerUnsupportedVersion: options.answerUnsupportedVersion,
      onBug: options.onBug,
      onClose: connection => server.forget(connection),
    }
    server.listener = await platform.network.listen({ host: options.host, port: options.port }, connection => {
      const client = new ClientConnection(connection, connectionOptions)
      server.connections.add(client)
      if (server.isClosing || server.connections.size > options.maxConnections()) client.destroy()
    })
    server.armSweep()
    return server
  }

  get port(): number {
    return this.listener.port
  }

  /** Takes no more connections and no more requests; resolves once all that is in process was answered, or after `graceMs`. */
  async close(graceMs: number): Promise<void> {
    this.isClosing = true
    this.sweep?.cancel()
    await this.listener.close()
    if (this.connections.size === 0) return
    const emptied = new Promise<void>(resolve => {
      this.whenEmpty = resolve
    })
    const lastCall = this.platform.timers.after(graceMs, () => this.destroyAll())
    for (const connection of [...this.connections]) connection.end()
    await emptied
    lastCall.cancel()
  }

  /** Drops everything at once. */
  halt(): void {
    this.isClosing = true
    this.sweep?.cancel()
    // Nobody waits for it: there is nothing left to hand over.
    void this.listener.close()
    this.destroyAll()
  }

  private destroyAll(): void {
    for (const connection of [...this.connections]) connection.destroy()
  }

  private forget(connection: ClientConnection): void {
    this.connections.delete(connection)
    if (this.connections.size === 0) this.whenEmpty?.()
  }

  private armSweep(): void {
    const { maxIdleMs } = this.options
    if (maxIdleMs === Number.POSITIVE_INFINITY) return
    this.sweep = this.platform.timers.after(Math.min(maxIdleMs, IDLE_SWEEP_MS), () => {
      const oldestMs = this.platform.clock.monotonicMs() - maxIdleMs
      for (const connection of [...this.connections])
        if (connection.isIdle && connection.lastActiveMs <= oldestMs) connection.destroy()
      this.armSweep()
    })
  }
}
