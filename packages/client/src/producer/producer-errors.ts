import { MillraceError } from '@millrace/protocol'

/** `delivery.timeout.ms` passed. Whether the broker has the records is not known if they were sent at least once. */
export class DeliveryTimeoutError extends MillraceError {
  readonly code = 'DELIVERY_TIMED_OUT'
  override readonly retriable = true
  constructor(
    readonly topic: string,
    readonly partition: number,
    readonly recordCount: number,
    readonly deliveryTimeoutMs: number,
    readonly attempts: number,
    options?: ErrorOptions,
  ) {
    const cause = options?.cause instanceof Error ? `: ${options.cause.message}` : ''
    const sent = attempts === 0 ? 'never sent' : `sent ${attempts} times without an answer that counts`
    super(
      `${recordCount} records for ${topic}-${partition} not acknowledged within ${deliveryTimeoutMs} ms, ${sent}${cause}`,
      options,
    )
  }
}

/** `max.block.ms` passed before there was room in `buffer.memory`, or too much waits for room already. */
export class BufferExhaustedError extends MillraceError {
  readonly code = 'BUFFER_EXHAUSTED'
  override readonly retriable = true
  constructor(readonly bufferMemoryBytes: number) {
    super(`the ${bufferMemoryBytes} bytes of buffer.memory are full: await what was sent, or raise bufferMemory`)
  }
}

/** Larger than any request may be. */
export class RecordTooLargeError extends MillraceError {
  readonly code = 'RECORD_TOO_LARGE'
  constructor(
    readonly topic: string,
    readonly sizeBytes: number,
    readonly maxRequestBytes: number,
  ) {
    super(`record for ${topic} takes ${sizeBytes} bytes, max.request.size is ${maxRequestBytes}`)
  }
}

/** A record that no log can hold. */
export class InvalidRecordError extends MillraceError {
  readonly code = 'INVALID_RECORD'
  constructor(
    readonly topic: string,
    reason: string,
  ) {
    super(`record for ${topic}: ${reason}`)
  }
}
