/**
 * Requests that wait for their answers on one connection. A broker answers in the order of the requests, so the next
 * frame must answer the oldest; anything else means that the stream is broken. Pure: no socket, no timer.
 */
const LAST_CORRELATION_ID = 0x7fff_ffff

export interface InFlightRequest {
  readonly correlationId: number
}

export class InFlightRequests<R extends InFlightRequest> {
  private nextId = 0
  private readonly waiting = new Map<number, R>()

  get size(): number {
    return this.waiting.size
  }

  nextCorrelationId(): number {
    const id = this.nextId
    this.nextId = id === LAST_CORRELATION_ID ? 0 : id + 1
    return id
  }

  add(request: R): void {
    this.waiting.set(request.correlationId, request)
  }

  /** Takes the request that a frame with this correlation id answers; undefined if the oldest is another one. */
  answered(correlationId: number): R | undefined {
    const request = this.waiting.get(correlationId)
    if (request === undefined) return undefined
    const oldest: R = this.waiting.values().next().value!
    if (oldest !== request) return undefined
    this.waiting.delete(correlationId)
    return request
  }

  /** Takes all of them, oldest first. */
  takeAll(): R[] {
    const all = [...this.waiting.values()]
    this.waiting.clear()
    return all
  }
}
