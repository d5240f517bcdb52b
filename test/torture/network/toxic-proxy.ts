/** A proxy that knows bytes only, and can be made to behave as a bad network does, from one moment to the next. */
import { connect, createServer, type Server, type Socket } from 'node:net'
import type { SeededRandom } from '@millrace/platform'

const HOST = '127.0.0.1'
const SLOW_BYTES_PER_MS = 1
const DRIP_INTERVAL_MS = 2
const LONGEST_LATENCY_MS = 2_000
const LONGEST_JITTER_MS = 300

export const TOXICS = [
  'latency',
  'jitter',
  'slow',
  'drip',
  'cut in the middle',
  'reset',
  'half open to the broker',
  'half open to the client',
  'blackhole',
  'refusal',
  'silent accept',
  'second connection',
] as const

export type Toxic = (typeof TOXICS)[number]
type Direction = 'up' | 'down'

export class ToxicProxy {
  toxic: Toxic | null = null
  private readonly sockets = new Set<Socket>()

  private constructor(
    private readonly server: Server,
    private readonly targetPort: number,
    private readonly random: SeededRandom,
  ) {}

  static async listen(targetPort: number, random: SeededRandom): Promise<ToxicProxy> {
    const server = createServer({ noDelay: true })
    const proxy = new ToxicProxy(server, targetPort, random)
    server.on('connection', client => proxy.accept(client))
    await new Promise<void>(resolve => server.listen(0, HOST, resolve))
    return proxy
  }

  get port(): number {
    const address = this.server.address()
    if (address === null || typeof address === 'string') throw new Error('the proxy does not listen')
    return address.port
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.sockets) socket.destroy()
    await new Promise(resolve => this.server.close(resolve))
  }

  private accept(client: Socket): void {
    this.keep(client)
    if (this.toxic === 'refusal') {
      client.destroy()
      return
    }
    if (this.toxic === 'silent accept') return
    if (this.toxic === 'second connection') this.keep(connect({ host: HOST, port: this.targetPort }))
    const upstream = this.keep(connect({ host: HOST, port: this.targetPort, noDelay: true }))
    client.on('close', () => upstream.destroy())
    upstream.on('close', () => client.destroy())
    this.carry(client, upstream, 'up')
    this.carry(upstream, client, 'down')
  }

  private keep(socket: Socket): Socket {
    this.sockets.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => this.sockets.delete(socket))
    return socket
  }

  /** Chunks stay in order, whatever each has to wait for. */
  private carry(from: Socket, to: Socket, direction: Direction): void {
    let last: Promise<void> = Promise.resolve()
    from.on('data', (chunk: Buffer) => {
      last = last.then(() => this.pass(chunk, from, to, direction))
    })
  }

  private async pass(chunk: Buffer, from: Socket, to: Socket, direction: Direction): Promise<void> {
    const { toxic, random } = this
    switch (toxic) {
      case 'latency':
        await pause(random.integer(LONGEST_LATENCY_MS))
        break
      case 'jitter':
        await pause(random.integer(LONGEST_JITTER_MS))
        break
      case 'slow':
        await pause(chunk.length / SLOW_BYTES_PER_MS)
        break
      case 'drip':
        return this.drip(chunk, to)
      case 'cut in the middle':
        to.write(chunk.subarray(0, chunk.length >> 1), () => {
          from.destroy()
          to.destroy()
        })
        return
      case 'reset':
        from.resetAndDestroy()
        to.resetAndDestroy()
        return
      case 'half open to the broker':
        if (direction === 'up') return
        break
      case 'half open to the client':
        if (direction === 'down') return
        break
      case 'blackhole':
        return
      default:
    }
    to.write(chunk)
  }

  private async drip(chunk: Buffer, to: Socket): Promise<void> {
    for (let at = 0; at < chunk.length; at++) {
      if (this.toxic !== 'drip') {
        to.write(chunk.subarray(at))
        return
      }
      to.write(chunk.subarray(at, at + 1))
      await pause(DRIP_INTERVAL_MS)
    }
  }
}

function pause(durationMs: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, durationMs))
}
