import { MillraceError, type RecordHeader } from '@millrace/protocol'

/**
 * Turns values into bytes and back. Null is not its business: a null value is a tombstone with null bytes, and callers
 * neither serialize null nor deserialize null bytes. Throws {@link SerializationError} for what does not fit.
 */
export interface Serde<T> {
  /** Null only from serdes that write some values as tombstones. */
  serialize(topic: string, value: T, headers?: readonly RecordHeader[]): Uint8Array | null
  /** `bytes` may be a view of a larger buffer: a serde whose values outlive the record copies. */
  deserialize(topic: string, bytes: Buffer, headers?: readonly RecordHeader[]): T
  /**
   * True when bytes that are right for one topic are right for every other, whatever the headers. A value that passes
   * unchanged from topic to topic then keeps its bytes: it is not serialized again.
   */
  readonly isPortable?: boolean
  /**
   * True when bytes that nobody looks at need not be deserialized: what could not have been read is passed on unread.
   * Only together with {@link isPortable}.
   */
  readonly isLazy?: boolean
}

export class SerializationError extends MillraceError {
  readonly code = 'SERIALIZATION_FAILED'
  constructor(
    readonly topic: string,
    readonly reason: string,
    options?: ErrorOptions,
  ) {
    super(`topic ${topic}: ${reason}`, options)
  }
}
