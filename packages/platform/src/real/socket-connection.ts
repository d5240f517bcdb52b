import type { Socket } from 'node:net'
import { type Connection, type ConnectionHandler, HIGH_WATER_MARK_BYTES, NetworkError } from '../network.ts'

/** A connected TCP socket. */
export class SocketConnection implements Connection {
  readonly remoteAddress: string
  readonly remotePort: number
  private receiver: ConnectionHandler | undefined
  private error: NetworkError | undefined
  private closed = false
  private paused = false
  private drainOwed = false

  constructor(private readonly socket: Socket) {
    this.remoteAddress = socket.remoteAddress ?? ''
    this.remotePort = socket.remotePort ?? 0
    socket.on('error', error => {
      this.error = networkErrorOf(error)
    })
    socket.on('close', () => {
      this.closed = true
      this.receiver?.onClose(this.error)
    })
    socket.on('drain', () => {
      if (!this.drainOwed) return
      this.drainOwed = false
      this.receiver?.onDrain?.()
    })
  }

  get handler(): ConnectionHandler {
    if (this.receiver === undefined) throw new Error('the connection has no handler yet')
    return this.receiver
  }

  set handler(handler: ConnectionHandler) {
    const isFirst = this.receiver === undefined
    this.receiver = handler
    if (!isFirst) return
    if (this.closed) {
      setImmediate(() => handler.onClose(this.error))
      return
    }
    // A socket reads nothing, so that nothing is lost, until it has this listener.
    this.socket.on('data', chunk => this.receiver?.onData(chunk))
    if (this.paused) this.socket.pause()
  }

  write(chunks: readonly Uint8Array[], onSent?: () => void): boolean {
    const { socket } = this
    if (!socket.writable) return true
    const last = chunks.length - 1
    if (last > 0) socket.cork()
    for (let index = 0; index < last; index++) socket.write(chunks[index]!)
    if (onSent === undefined) socket.write(chunks[last]!)
    else socket.write(chunks[last]!, error => (error ? undefined : onSent()))
    if (last > 0) socket.uncork()
    if (socket.writableLength <= HIGH_WATER_MARK_BYTES) return true
    this.drainOwed = true
    return false
  }

  get pendingBytes(): number {
    return this.socket.writableLength
  }

  pause(): void {
    this.paused = true
    this.socket.pause()
  }

  resume(): void {
    this.paused = false
    if (this.receiver !== undefined) this.socket.resume()
  }

  end(): void {
    this.socket.end()
  }

  destroy(): void {
    this.socket.destroy()
  }
}

/** Happy-eyeballs attempts fail together as an AggregateError that carries the code of the first. */
export function networkErrorOf(error: Error): NetworkError {
  const code = 'code' in error ? String(error.code) : 'EIO'
  return new NetworkError(code, error.message || code, { cause: error })
}
