/**
 * Two ends of a byte stream inside one process. Each direction keeps TCP's promises: bytes arrive once and in order, the
 * end of the stream comes after them, a reset overtakes them, and a reader that pauses stops its writer once a window is
 * full. How and when something travels is the carrier's business: at once in the memory network, late, in pieces or
 * never in the simulated one.
 */
import { type Connection, type ConnectionHandler, HIGH_WATER_MARK_BYTES, NetworkError } from '../network.ts'

/** What travels: bytes, the end of the stream, or the news that the other end is gone. */
export type Segment = Buffer | 'end' | 'reset'

/**
 * Brings one direction's segments to the far end by calling `arrive` later, in order; never from inside `carry`.
 * It may cut bytes into several arrivals. A `reset` may overtake.
 */
export interface Carrier {
  carry(segment: Segment, arrive: (segment: Segment) => void): void
}

/** Bytes on their way or unread at the far end before the writer has to wait: the socket buffers of a real system. */
const WINDOW_BYTES = 256 * 1024

export interface DuplexEndOptions {
  readonly remoteAddress: string
  readonly remotePort: number
  readonly carrier: Carrier
  /** Calls back in a later turn. */
  readonly later: (callback: () => void) => void
}

export class DuplexEnd implements Connection {
  readonly remoteAddress: string
  readonly remotePort: number
  pendingBytes = 0
  private peer!: DuplexEnd
  private readonly carrier: Carrier
  private readonly later: (callback: () => void) => void
  private receiver: ConnectionHandler | undefined
  private readonly outgoing: Buffer[] = []
  private readonly incoming: (Buffer | 'end')[] = []
  /** Sent and not yet taken by the peer's handler. */
  private unacknowledgedBytes = 0
  private paused = false
  private delivering = false
  private drainOwed = false
  private ending = false
  private endSent = false
  private endReceived = false
  private state: 'open' | 'closed' | 'reported' = 'open'
  private closeError: NetworkError | undefined

  /** Both ends of a new stream. */
  static pair(near: DuplexEndOptions, far: DuplexEndOptions): [near: DuplexEnd, far: DuplexEnd] {
    const nearEnd = new DuplexEnd(near)
    const farEnd = new DuplexEnd(far)
    nearEnd.peer = farEnd
    farEnd.peer = nearEnd
    return [nearEnd, farEnd]
  }

  private constructor({ remoteAddress, remotePort, carrier, later }: DuplexEndOptions) {
    this.remoteAddress = remoteAddress
    this.remotePort = remotePort
    this.carrier = carrier
    this.later = later
  }

  get isClosed(): boolean {
    return this.state !== 'open'
  }

  get handler(): ConnectionHandler {
    if (this.receiver === undefined) throw new Error('the connection has no handler yet')
    return this.receiver
  }

  set handler(handler: ConnectionHandler) {
    this.receiver = handler
    this.later(() => {
      this.deliver()
      this.reportClose()
    })
  }

  write(chunks: readonly Uint8Array[], onSent?: () => void): boolean {
    if (this.isClosed || this.ending) return true
    // A copy, as a system call would make: the reader owns what it gets and may write into it.
    const segment = Buffer.concat(chunks)
    onSent?.()
    if (segment.length === 0) return true
    this.outgoing.push(segment)
    this.pendingBytes += segment.length
    this.send()
    if (this.pendingBytes <= HIGH_WATER_MARK_BYTES) return true
    this.drainOwed = true
    return false
  }

  pause(): void {
    this.paused = true
  }

  resume(): void {
    if (!this.paused) return
    this.paused = false
    this.later(() => this.deliver())
  }

  end(): void {
    if (this.isClosed || this.ending) return
    this.ending = true
    this.send()
  }

  destroy(): void {
    if (this.isClosed) return
    const lostSomething = this.outgoing.length > 0 || this.incoming.some(segment => segment !== 'end')
    this.transmit(lostSomething ? 'reset' : 'end')
    this.close(undefined)
    this.later(() => this.reportClose())
  }

  /** Fails this end as the system would: the handler hears of it, the peer does not. */
  fail(error: NetworkError): void {
    if (this.isClosed) return
    this.close(error)
    this.later(() => this.reportClose())
  }

  /** Makes this end vanish with its process: nobody here hears of it. */
  abandon(): void {
    this.close(undefined)
    this.state = 'reported'
  }

  private send(): void {
    while (this.outgoing.length > 0 && this.unacknowledgedBytes < WINDOW_BYTES) {
      const segment = this.outgoing.shift()!
      this.pendingBytes -= segment.length
      this.unacknowledgedBytes += segment.length
      this.transmit(segment)
    }
    if (this.ending && !this.endSent && this.outgoing.length === 0) {
      this.endSent = true
      this.transmit('end')
    }
  }

  private transmit(segment: Segment): void {
    this.carrier.carry(segment, arriving => this.peer.arrive(arriving))
  }

  private arrive(segment: Segment): void {
    if (this.isClosed) {
      if (typeof segment !== 'string') this.transmit('reset')
    } else if (segment === 'reset') {
      this.close(new NetworkError('ECONNRESET', `connection reset by ${this.remoteAddress}:${this.remotePort}`))
      this.reportClose()
    } else {
      this.incoming.push(segment)
      this.deliver()
    }
  }

  private deliver(): void {
    if (this.delivering) return
    this.delivering = true
    try {
      while (!this.paused && this.receiver !== undefined && !this.isClosed && this.incoming.length > 0) {
        const segment = this.incoming.shift()!
        if (segment === 'end') {
          this.endReceived = true
          this.end()
        } else {
          this.peer.acknowledge(segment.length)
          this.receiver.onData(segment)
        }
      }
    } finally {
      this.delivering = false
    }
    this.closeIfBothEnded()
  }

  private acknowledge(bytes: number): void {
    this.unacknowledgedBytes -= bytes
    if (this.isClosed) return
    this.send()
    if (this.drainOwed && this.pendingBytes === 0) {
      this.drainOwed = false
      this.later(() => {
        if (!this.isClosed) this.receiver?.onDrain?.()
      })
    }
    this.closeIfBothEnded()
  }

  private closeIfBothEnded(): void {
    if (this.isClosed || !this.endSent || !this.endReceived) return
    this.close(undefined)
    this.later(() => this.reportClose())
  }

  private close(error: NetworkError | undefined): void {
    this.state = 'closed'
    this.closeError = error
    this.outgoing.length = 0
    this.incoming.length = 0
    this.pendingBytes = 0
  }

  private reportClose(): void {
    if (this.state !== 'closed' || this.receiver === undefined) return
    this.state = 'reported'
    this.receiver.onClose(this.closeError)
  }
}
