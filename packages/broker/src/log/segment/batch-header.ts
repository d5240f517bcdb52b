/** Reading just enough of a stored batch's header to walk from batch to batch, without the rest being in memory. */
import {
  BATCH_HEADER_BYTES,
  BATCH_LENGTH_AT,
  BATCH_LENGTH_OVERHEAD_BYTES,
  LAST_OFFSET_DELTA_AT,
  MAGIC_AT,
  MAGIC_V2,
  MAX_TIMESTAMP_AT,
  readInt64,
} from '@millrace/protocol'

export function baseOffsetAt(buffer: Buffer, start: number): number {
  return readInt64(buffer, start)
}

export function lastOffsetAt(buffer: Buffer, start: number): number {
  return readInt64(buffer, start) + buffer.readInt32BE(start + LAST_OFFSET_DELTA_AT)
}

export function maxTimestampAt(buffer: Buffer, start: number): number {
  return readInt64(buffer, start + MAX_TIMESTAMP_AT)
}

/** Size of the batch whose header is at `start`, header included; 0 if there can be no batch. */
export function batchSizeAt(buffer: Buffer, start: number): number {
  const sizeInBytes = buffer.readInt32BE(start + BATCH_LENGTH_AT) + BATCH_LENGTH_OVERHEAD_BYTES
  if (sizeInBytes < BATCH_HEADER_BYTES || buffer[start + MAGIC_AT] !== MAGIC_V2) return 0
  return buffer.readInt32BE(start + LAST_OFFSET_DELTA_AT) < 0 ? 0 : sizeInBytes
}
