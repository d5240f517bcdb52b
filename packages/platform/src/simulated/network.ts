/**
 * TCP between nodes as it looks from the two ends. Bytes of a connection arrive in order or not at all; what is between
 * two connections, or the two directions of one, has no order. A partition holds bytes back until it heals, as
 * retransmission does; a reset, a crash, a lost route end a connection for one end or both, or for nobody.
 */
import { DuplexEnd } from '../memory/duplex.ts'
import {
  type Connection,
  type ConnectOptions,
  type Listener,
  type ListenOptions,
  type Network,
  NetworkError,
  refuseTls,
} from '../network.ts'
import { CALM_NETWORK, latencyUs, type NetworkConditions } from './conditions.ts'
import type { CrashKind } from './disk.ts'
import type { Process, ScheduledEvent } from './event-queue.ts'
import { Link, type Surroundings } from './link.ts'
import type { Scheduler } from './scheduler.ts'
import type { SeededRandom } from './seeded-random.ts'

const FIRST_FREE_PORT = 49_152
/** A connection attempt that got no answer is repeated, as TCP repeats its SYN. */
const SYN_INTERVAL_US = 1_000_000
const OWN_NAMES = new Set(['localhost', '127.0.0.1', '::1', '0.0.0.0', '::'])

interface Host {
  readonly name: string
  /** False from a power loss to the next start: nobody there answers, not even with a refusal. */
  isPowered: boolean
}

type OnConnection = (connection: Connection) => void

interface ListeningPort {
  readonly process: Process
  readonly onConnection: OnConnection
}

export class SimulatedNetwork implements Surroundings {
  conditions: NetworkConditions = CALM_NETWORK
  private readonly hosts = new Map<string, Host>()
  private readonly listening = new Map<string, ListeningPort>()
  private readonly links = new Set<Link>()
  /** Directions in which nothing gets through, as `from→to`. */
  private readonly blocked = new Set<string>()
  private nextPort = FIRST_FREE_PORT

  constructor(
    private readonly scheduler: Scheduler,
    private readonly random: SeededRandom,
  ) {}

  /** What a process sees of the network. Its node is the host of the same name. */
  of(process: Process): Network {
    return {
      listen: (options, onConnection) => this.listen(process, options, onConnection),
      connect: options => this.connect(process, options),
    }
  }

  /** Nothing that `from` sends reaches `to` until {@link heal}. Give both directions for a full partition. */
  block(from: string, to: string): void {
    this.blocked.add(`${from}→${to}`)
  }

  /** Ends every partition; what was held back is on its way again. */
  heal(): void {
    this.blocked.clear()
    for (const link of this.links) link.retransmit()
  }

  isBlocked(from: string, to: string): boolean {
    return this.blocked.has(`${from}→${to}`)
  }

  hostStarted(name: string): void {
    const host = this.hosts.get(name)
    if (host === undefined) this.hosts.set(name, { name, isPowered: true })
    else host.isPowered = true
    for (const link of this.links) if (link.to.name === name) link.retransmit()
  }

  /**
   * A killed process leaves a system that closes its connections; a machine without power says nothing, and its peers
   * learn of it when they send something to the machine that has come up again.
   */
  processCrashed(process: Process, kind: CrashKind): void {
    this.hosts.get(process.name)!.isPowered = kind === 'kill'
    for (const [address, { process: owner }] of this.listening) if (owner === process) this.listening.delete(address)
    for (const link of this.links) if (link.to === process) link.receiverCrashed()
  }

  latencyUs(): number {
    return latencyUs(this.random, this.conditions)
  }

  /** True if the system of the host runs, whether or not the process does. */
  isUp(name: string): boolean {
    return this.hosts.get(name)?.isPowered ?? false
  }

  private listen(process: Process, options: ListenOptions, onConnection: OnConnection): Promise<Listener> {
    if (!process.isAlive) return new Promise(() => {}) // A crashed program that has not noticed yet.
    return Promise.resolve().then(() => this.listenNow(process, options, onConnection))
  }

  private listenNow(process: Process, { host, port: wantedPort }: ListenOptions, onConnection: OnConnection): Listener {
    if (!OWN_NAMES.has(host) && host !== process.name) {
      throw new NetworkError('EADDRNOTAVAIL', `${host} is not an address of ${process.name}`)
    }
    const port = wantedPort === 0 ? this.nextPort++ : wantedPort
    const address = `${process.name}:${port}`
    if (this.listening.has(address)) throw new NetworkError('EADDRINUSE', `${address} is in use`)
    const entry = { process, onConnection }
    this.listening.set(address, entry)
    return {
      host,
      port,
      close: async () => {
        if (this.listening.get(address) === entry) this.listening.delete(address)
      },
    }
  }

  private connect(client: Process, options: ConnectOptions): Promise<Connection> {
    const { host, port, timeoutMs, signal } = options
    const target = OWN_NAMES.has(host) ? client.name : host
    return new Promise((resolve, reject) => {
      refuseTls(options)
      if (signal?.aborted) {
        reject(signal.reason)
        return
      }
      const { scheduler } = this
      let settled = false
      let answered = false
      let nextSyn: ScheduledEvent | undefined
      const timeout = scheduler.schedule(client, 'network.connectTimeout', Math.ceil(timeoutMs * 1000), () =>
        fail(new NetworkError('ETIMEDOUT', `no connection to ${target}:${port} within ${timeoutMs} ms`)),
      )
      const onAbort = () => fail(signal?.reason)
      signal?.addEventListener('abort', onAbort, { once: true })

      const settle = () => {
        settled = true
        timeout.cancel()
        nextSyn?.cancel()
        signal?.removeEventListener('abort', onAbort)
      }
      const fail = (reason: unknown) => {
        if (settled) return
        settle()
        reject(reason)
      }
      const refuse = (code: string) => {
        scheduler.schedule(client, 'network.refused', this.latencyUs(), () =>
          fail(new NetworkError(code, `connection to ${target}:${port} failed`)),
        )
      }
      const arrive = () => {
        if (settled || answered || !client.isAlive) return
        if (!this.isUp(target) || this.isBlocked(client.name, target) || this.isBlocked(target, client.name)) return
        answered = true
        nextSyn?.cancel()
        const entry = this.listening.get(`${target}:${port}`)
        if (entry === undefined || this.random.chance(this.conditions.refuseRate)) return refuse('ECONNREFUSED')
        const [near, far] = this.connectionBetween(client, entry.process, port)
        scheduler.schedule(entry.process, 'network.accept', 0, () => entry.onConnection(far))
        scheduler.schedule(client, 'network.connected', this.latencyUs(), () => {
          if (settled) return near.destroy()
          settle()
          resolve(near)
        })
      }
      const sendSyn = () => {
        scheduler.schedule(null, 'network.syn', this.latencyUs(), arrive)
        nextSyn = scheduler.schedule(client, 'network.synTimer', SYN_INTERVAL_US, sendSyn)
      }
      if (this.hosts.has(target)) sendSyn()
      else refuse('ENOTFOUND')
    })
  }

  private connectionBetween(client: Process, server: Process, port: number): [DuplexEnd, DuplexEnd] {
    for (const link of this.links) if (link.isOver) this.links.delete(link)
    const later = (process: Process) => (callback: () => void) =>
      void this.scheduler.schedule(process, 'network.turn', 1, callback)
    const there = new Link(client, server, this, this.scheduler, this.random)
    const back = new Link(server, client, this, this.scheduler, this.random)
    const [near, far] = DuplexEnd.pair(
      { remoteAddress: server.name, remotePort: port, carrier: there, later: later(client) },
      { remoteAddress: client.name, remotePort: this.nextPort++, carrier: back, later: later(server) },
    )
    there.attach(near, far)
    back.attach(far, near)
    this.links.add(there).add(back)
    return [near, far]
  }
}
