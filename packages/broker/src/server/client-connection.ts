/**
 * One client. Bytes come in, frames are cut, requests start in order and as early as their {@link Ordering} allows,
 * answers leave in order. Reading stops while a request has to wait, so what a client can make the broker hold is
 * bounded: the requests in process (`queued.max.requests`), one waiting frame with the rest of its chunk, and the answers
 * up to the network's high-water mark.
 */
import type { Clock, Connection } from '@millrace/platform'
import {
  type Api,
  decodeFrom,
  encodeResponseFrame,
  type IncomingRequest,
  MalformedMessageError,
  openRequest,
} from '@millrace/protocol'
import { FrameReader, FrameSizeError } from './frame-reader.ts'
import type { ReceiveMemory } from './receive-memory.ts'
import { CloseConnectionError, type Ordering, type RequestHandler } from './request-handler.ts'

export interface ConnectionOptions {
  readonly maxFrameBytes: number
  /** Requests in process at once. */
  readonly maxRequests: number
  readonly memory: ReceiveMemory
  readonly clock: Clock
  /** Undefined: the API is not served. */
  handlerOf(apiKey: number): RequestHandler | undefined
  /** The answer to a version outside the range served; undefined: close the connection. */
  answerUnsupportedVersion(request: IncomingRequest): Uint8Array[] | undefined
  onClose(connection: ClientConnection): void
  /** A handler failed in a way that it has no error code for. */
  onBug(error: unknown, api: Api): void
}

/** A request that has started. */
interface Exchange {
  readonly ordering: Ordering
  readonly frame: Buffer
  /** The frame may be used for another one once it is answered. */
  readonly forgetsRequest: boolean
  /** Undefined until the answer is known; empty for none. */
  answer: readonly Uint8Array[] | undefined
  readonly whenSent: (() => void)[]
}
interface WaitingRequest {
  readonly request: IncomingRequest
  readonly handler: RequestHandler
  readonly frame: Buffer
}

const NO_ANSWER: readonly Uint8Array[] = []
/** Small answers of one turn share a write; from this size on they gain nothing by it. */
const WRITE_BYTES = 64 * 1024

export class ClientConnection {
  /** Monotonic time of the last byte in either direction. */
  lastActiveMs: number
  private readonly reader: FrameReader
  /** Started and not yet answered, in order; behind the first there may be some that have their answer. */
  private readonly exchanges: Exchange[] = []
  /** Answers to be written at the end of this turn, or when there are {@link WRITE_BYTES} of them. */
  private outgoing: Uint8Array[] = []
  private outgoingBytes = 0
  /** Who wants to know when they have left. */
  private outgoingWhenSent: (() => void)[] = []
  /** Came, but may not start yet. */
  private waiting: WaitingRequest | undefined
  /** Requests that have started and whose effects have not: they were told to be waited for. */
  private heldEffects = 0
  private isCongested = false
  private isClosed = false
  /** True once no further request is started: the rest is answered, then the connection ends. */
  private isEnding = false
  private isPaused = false
  private waitsForMemory = false
  private isFlushScheduled = false

  constructor(
    private readonly connection: Connection,
    private readonly options: ConnectionOptions,
  ) {
    this.reader = new FrameReader(options.maxFrameBytes, options.memory)
    this.lastActiveMs = options.clock.monotonicMs()
    connection.handler = {
      onData: chunk => this.receive(chunk),
      onDrain: () => {
        this.isCongested = false
        this.startRequests()
      },
      onClose: () => this.closed(),
    }
  }

  /** No request is in process and nothing waits to be sent. */
  get isIdle(): boolean {
    return this.exchanges.length === 0 && this.connection.pendingBytes === 0
  }

  /** Answers what has started, then closes. */
  end(): void {
    this.isEnding = true
    this.dropWaiting()
    if (this.exchanges.length === 0) this.connection.end()
  }
  /** Closes at once. Requests that have started take effect all the same; their answers are lost. */
  destroy(): void {
    this.isEnding = true
    this.connection.destroy()
  }

  private receive(chunk: Buffer): void {
    if (this.isEnding) return
    this.lastActiveMs = this.options.clock.monotonicMs()
    this.reader.push(chunk)
    this.startRequests()
  }

  /** Starts what may start. Called whenever something changes that a request may have waited for. */
  private startRequests(): void {
    this.settle()
    try {
      while (!this.isEnding && !this.isCongested) {
        const waiting = (this.waiting ??= this.openNext())
        if (waiting === undefined || !this.mayStart(waiting.handler.ordering)) break
        this.waiting = undefined
        this.start(waiting)
        this.settle()
      }
    } catch (error) {
      if (!isClientsFault(error)) throw error
      return this.endForFault()
    }
    this.flush()
    this.setPaused(this.waiting !== undefined || this.waitsForMemory || this.isCongested)
  }

  private openNext(): WaitingRequest | undefined {
    if (this.waitsForMemory) return undefined
    for (;;) {
      const frame = this.reader.next()
      if (frame === 'incomplete') return undefined
      if (frame === 'no-memory') {
        this.waitsForMemory = true
        this.options.memory.whenReleased(() => {
          this.waitsForMemory = false
          if (!this.isClosed) this.startRequests()
        })
        return undefined
      }
      const waiting = this.openRequest(frame)
      if (waiting !== undefined) return waiting
    }
  }

  /** Undefined for a request that is answered by its header alone. */
  private openRequest(frame: Buffer): WaitingRequest | undefined {
    try {
      const request = openRequest(frame)
      const handler = this.options.handlerOf(request.apiKey)
      if (handler === undefined) throw new CloseConnectionError(`API key ${request.apiKey} is not served`)
      const { min, max } = handler.api.advertised
      if (request.version >= min && request.version <= max) return { request, handler, frame }
      const answer = this.options.answerUnsupportedVersion(request)
      if (answer === undefined)
        throw new CloseConnectionError(`${handler.api.name} is not served in version ${request.version}`)
      this.exchanges.push({ ordering: 'strict', frame, forgetsRequest: false, answer, whenSent: [] })
      this.settle()
      return undefined
    } catch (error) {
      this.options.memory.release(frame.length)
      throw error
    }
  }

  private mayStart(ordering: Ordering): boolean {
    // Only the first can be a strict one or a read: they start alone.
    const first = this.exchanges[0]
    if (this.heldEffects > 0) return false
    if (first === undefined) return true
    if (ordering !== 'effect-first' || first.ordering === 'strict') return false
    return this.exchanges.length < this.options.maxRequests
  }

  private start({ request, handler, frame }: WaitingRequest): void {
    const { ordering, forgetsRequest = false } = handler
    const exchange: Exchange = { ordering, frame, forgetsRequest, answer: undefined, whenSent: [] }
    this.exchanges.push(exchange)
    const context = {
      apiVersion: request.version,
      clientId: request.clientId ?? '',
      clientHost: this.connection.remoteAddress,
      holdEffects: (effect: Promise<unknown>) => this.holdEffects(effect),
      whenSent: (callback: () => void) => {
        exchange.whenSent.push(callback)
      },
    }
    const complete = (answer: unknown): void => {
      exchange.answer =
        answer === undefined
          ? NO_ANSWER
          : encodeResponseFrame(request.correlationId, handler.api.response, answer, request.version)
    }
    try {
      const message = decodeFrom(handler.api.request, request.reader, request.version)
      const answer = handler.handle(message, context)
      if (!(answer instanceof Promise)) return complete(answer)
      answer
        .then(
          later => {
            complete(later)
            this.scheduleFlush()
          },
          error => this.failed(exchange, error, handler.api),
        )
        .catch(error => this.failed(exchange, error, handler.api))
    } catch (error) {
      this.failed(exchange, error, handler.api)
    }
  }

  private holdEffects(effect: Promise<unknown>): void {
    this.heldEffects++
    const release = () => {
      this.heldEffects--
      this.scheduleFlush()
    }
    effect.then(release, release)
  }

  /** As in Kafka, what came before is answered; nothing from here on is. */
  private failed(exchange: Exchange, error: unknown, api: Api): void {
    if (!isClientsFault(error)) this.options.onBug(error, api)
    const index = this.exchanges.indexOf(exchange)
    if (index < 0) return
    for (const { frame } of this.exchanges.splice(index)) this.options.memory.release(frame.length)
    this.settle()
    this.endForFault()
  }

  private endForFault(): void {
    this.isEnding = true
    this.dropWaiting()
    const owesAnswers = this.exchanges.length > 0 || this.outgoing.length > 0 || this.connection.pendingBytes > 0
    if (owesAnswers) this.flush()
    else this.connection.destroy()
  }

  /** Answers that become known in the same turn leave in one write. */
  private scheduleFlush(): void {
    if (this.isFlushScheduled) return
    this.isFlushScheduled = true
    queueMicrotask(() => {
      this.isFlushScheduled = false
      if (!this.isClosed) this.startRequests()
    })
  }

  /** Takes the answers that have nothing unanswered before them. */
  private settle(): void {
    while (this.exchanges[0]?.answer !== undefined) {
      const { frame, forgetsRequest, answer, whenSent } = this.exchanges.shift()!
      this.options.memory.release(frame.length)
      if (forgetsRequest) this.options.memory.reuse(frame)
      for (const chunk of answer!) {
        this.outgoing.push(chunk)
        this.outgoingBytes += chunk.length
      }
      if (whenSent.length > 0) this.outgoingWhenSent.push(...whenSent)
    }
    if (this.outgoingBytes >= WRITE_BYTES) this.flush()
  }

  private flush(): void {
    if (this.outgoing.length > 0) {
      this.lastActiveMs = this.options.clock.monotonicMs()
      if (!this.connection.write(this.outgoing, this.takeWhenSent())) this.isCongested = true
      this.outgoing = []
      this.outgoingBytes = 0
    }
    if (this.isEnding && this.exchanges.length === 0) this.connection.end()
  }

  private takeWhenSent(): (() => void) | undefined {
    const callbacks = this.outgoingWhenSent
    if (callbacks.length === 0) return undefined
    this.outgoingWhenSent = []
    return () => {
      for (const callback of callbacks) callback()
    }
  }

  private setPaused(isPaused: boolean): void {
    if (isPaused === this.isPaused || this.isClosed) return
    this.isPaused = isPaused
    if (isPaused) this.connection.pause()
    else this.connection.resume()
  }

  private dropWaiting(): void {
    if (this.waiting !== undefined) this.options.memory.release(this.waiting.frame.length)
    this.waiting = undefined
    this.reader.discard()
  }

  private closed(): void {
    this.isClosed = true
    this.isEnding = true
    this.dropWaiting()
    for (const { frame } of this.exchanges.splice(0)) this.options.memory.release(frame.length)
    this.options.onClose(this)
  }
}

function isClientsFault(error: unknown): boolean {
  return (
    error instanceof CloseConnectionError || error instanceof MalformedMessageError || error instanceof FrameSizeError
  )
}
