/** The row of a timestamped store: the timestamp (8 bytes, big-endian) before the bytes of the value, as in Kafka Streams. */
import { readInt64, writeInt64 } from '@millrace/protocol'

const TIMESTAMP_BYTES = 8

export function withTimestamp(value: Uint8Array, timestampMs: number): Buffer {
  const row = Buffer.allocUnsafe(TIMESTAMP_BYTES + value.length)
  writeInt64(row, timestampMs, 0)
  row.set(value, TIMESTAMP_BYTES)
  return row
}

export function timestampOf(row: Uint8Array): number {
  return readInt64(row instanceof Buffer ? row : Buffer.from(row.buffer, row.byteOffset, TIMESTAMP_BYTES), 0)
}

/** A view of the value's own bytes. */
export function valuePartOf<Bytes extends Uint8Array>(row: Bytes): Bytes {
  return row.subarray(TIMESTAMP_BYTES) as Bytes
}
