/**
 * A proxy that understands frames, between clients and a broker: it delays requests, sends some again later over a connection
 * of their own, as retries of a client that was cut off arrive, and cuts connections at the worst moments.
 */
import { connect, createServer, type Server, type Socket } from 'node:net'
import type { SeededRandom } from '@millrace/platform'
import { FrameSplitter } from './frame-splitter.ts'

/** What may happen to one request. Probabilities; the rest goes through at once. */
export interface FrameFaults {
  /** It waits for up to {@link longestDelayMs}, and what comes behind it on its connection too. */
  readonly delayRate: number
  readonly longestDelayMs: number
  /** The connection ends instead of the request being passed on. */
  readonly cutBeforeRate: number
  /** The connection ends in the middle of the request. */
  readonly cutWithinRate: number
  /** The request is passed on, the connection ends before its answer. */
  readonly cutAfterRate: number
  /** Nothing passes any more in either direction, and nobody is told. */
  readonly blackholeRate: number
  /** Of a request of {@link repeatedApis}: it is sent once more, later, over another connection; nobody gets the answer. */
  readonly repeatRate: number
  readonly repeatedApis: ReadonlySet<number>
}

const TARGET_HOST = '127.0.0.1'
/** What a repeated request's connection may take before it is given up. */
const REPEAT_LIMIT_MS = 5_000

export class FrameProxy {
  /** What was done to requests, by name. */
  readonly counts = { delayed: 0, cut: 0, blackholed: 0, repeated: 0 }
  private readonly sockets = new Set<Socket>()
  private readonly timers = new Set<NodeJS.Timeout>()
  private isClosed = false

  private constructor(
    private readonly server: Server,
    private readonly targetPort: () => number,
    private readonly random: SeededRandom,
    public faults: FrameFaults,
  ) {}

  static async listen(targetPort: () => number, random: SeededRandom, faults: FrameFaults): Promise<FrameProxy> {
    const server = createServer({ noDelay: true })
    const proxy = new FrameProxy(server, targetPort, random, faults)
    server.on('connection', client => proxy.accept(client))
    await new Promise<void>(resolve => server.listen(0, TARGET_HOST, resolve))
    return proxy
  }

  get port(): number {
    const address = this.server.address()
    if (address === null || typeof address === 'string') throw new Error('the proxy does not listen')
    return address.port
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.isClosed = true
    for (const timer of this.timers) clearTimeout(timer)
    for (const socket of this.sockets) socket.destroy()
    await new Promise(resolve => this.server.close(resolve))
  }

  private accept(client: Socket): void {
    const upstream = this.open()
    const link = new Link(client, upstream)
    this.sockets.add(client)
    client.on('close', () => this.sockets.delete(client))
    const frames = new FrameSplitter(frame => link.queue(() => this.pass(frame, link)))
    client.on('data', chunk => frames.push(chunk))
    upstream.on('data', chunk => {
      if (!link.isSilent) client.write(chunk)
    })
  }

  private open(): Socket {
    const socket = connect({ host: TARGET_HOST, port: this.targetPort(), noDelay: true })
    socket.on('error', () => {})
    this.sockets.add(socket)
    socket.on('close', () => this.sockets.delete(socket))
    return socket
  }

  /** @param frame with its size */
  private async pass(frame: Buffer, link: Link): Promise<void> {
    const { random, faults, counts } = this
    if (faults.repeatedApis.has(frame.readInt16BE(4)) && random.chance(faults.repeatRate)) this.repeatLater(frame)
    if (random.chance(faults.delayRate)) {
      counts.delayed++
      await this.pause(random.integer(faults.longestDelayMs))
    }
    if (link.isSilent) return
    if (random.chance(faults.blackholeRate)) {
      counts.blackholed++
      link.isSilent = true
    } else if (random.chance(faults.cutBeforeRate)) {
      counts.cut++
      link.cut()
    } else if (random.chance(faults.cutWithinRate)) {
      counts.cut++
      link.upstream.write(frame.subarray(0, random.between(1, frame.length - 1)), () => link.cut())
    } else if (random.chance(faults.cutAfterRate)) {
      counts.cut++
      link.isSilent = true
      link.upstream.write(frame, () => this.after(random.integer(50), () => link.cut()))
    } else link.upstream.write(frame)
  }

  private repeatLater(frame: Buffer): void {
    this.counts.repeated++
    this.after(this.random.integer(2 * this.faults.longestDelayMs), () => {
      const socket = this.open()
      socket.on('data', () => socket.destroy())
      socket.write(frame)
      this.after(REPEAT_LIMIT_MS, () => socket.destroy())
    })
  }

  private pause(durationMs: number): Promise<void> {
    return new Promise(resolve => this.after(durationMs, resolve))
  }

  private after(delayMs: number, action: () => void): void {
    const timer = setTimeout(() => {
      this.timers.delete(timer)
      if (!this.isClosed) action()
    }, delayMs)
    this.timers.add(timer)
  }
}

/** The two halves of one client's connection. */
class Link {
  isSilent = false
  private last: Promise<void> = Promise.resolve()

  constructor(
    readonly client: Socket,
    readonly upstream: Socket,
  ) {
    client.on('error', () => {})
    client.on('close', () => upstream.destroy())
    upstream.on('close', () => {
      if (!this.isSilent) client.destroy()
    })
  }

  /** Requests of one connection stay in order. */
  queue(pass: () => Promise<void>): void {
    this.last = this.last.then(pass)
  }

  cut(): void {
    this.client.destroy()
    this.upstream.destroy()
  }
}
