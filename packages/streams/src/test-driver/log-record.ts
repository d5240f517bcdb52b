import type { LogRecord } from '@millrace/protocol'
import type { RecordHeaders } from '../processor/record.ts'

/** A record as it would be read back from a topic. The bytes are not copied. */
export function logRecord(
  offset: number,
  key: Uint8Array | null,
  value: Uint8Array | null,
  timestampMs: number,
  headers: RecordHeaders,
): LogRecord {
  return { offset, timestampMs, key: asBuffer(key), value: asBuffer(value), headers }
}

function asBuffer(bytes: Uint8Array | null): Buffer | null {
  if (bytes === null || Buffer.isBuffer(bytes)) return bytes
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
