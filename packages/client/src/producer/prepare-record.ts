import type { NewRecordHeader } from '@millrace/protocol'
import { BATCH_OVERHEAD_BYTES, type PreparedRecord } from './accumulator.ts'
import { InvalidRecordError, RecordTooLargeError } from './producer-errors.ts'
import type { ProducerRecord, ProducerRecordHeader, RecordBytes } from './producer-record.ts'

/** What a record takes besides its key, value and headers: lengths, deltas, attributes, at their longest. */
const RECORD_OVERHEAD_BYTES = 21
const HEADER_OVERHEAD_BYTES = 10

/** Checks a record and turns its strings into bytes. Throws {@link InvalidRecordError} and {@link RecordTooLargeError}. */
export function prepareRecord(
  topic: string,
  record: Omit<ProducerRecord, 'topic'>,
  nowMs: number,
  maxRequestBytes: number,
): PreparedRecord {
  const { timestampMs = nowMs, partition = null } = record
  if (typeof topic !== 'string' || topic === '') throw new InvalidRecordError(String(topic), 'it names no topic')
  if (!Number.isSafeInteger(timestampMs) || timestampMs < 0)
    throw new InvalidRecordError(topic, `timestamp ${timestampMs} is no time in ms since the epoch`)
  const key = bytesOf(record.key ?? null, topic, 'key')
  const value = bytesOf(record.value, topic, 'value')
  let sizeInBytes = RECORD_OVERHEAD_BYTES
  if (key !== null) sizeInBytes += key.length
  if (value !== null) sizeInBytes += value.length
  let headers: NewRecordHeader[] | undefined
  if (record.headers !== undefined && record.headers.length > 0) {
    headers = headersOf(record.headers, topic)
    for (const header of headers)
      sizeInBytes += HEADER_OVERHEAD_BYTES + header.key.length * 3 + (header.value?.length ?? 0)
  }
  if (sizeInBytes + BATCH_OVERHEAD_BYTES > maxRequestBytes)
    throw new RecordTooLargeError(topic, sizeInBytes + BATCH_OVERHEAD_BYTES, maxRequestBytes)
  return headers === undefined
    ? { topic, partition, key, value, timestampMs, sizeInBytes }
    : { topic, partition, key, value, timestampMs, headers, sizeInBytes }
}

function bytesOf(bytes: RecordBytes, topic: string, what: string): Uint8Array | null {
  if (bytes === null || bytes instanceof Uint8Array) return bytes
  if (typeof bytes === 'string') return Buffer.from(bytes)
  throw new InvalidRecordError(topic, `its ${what} is ${typeof bytes}, not Uint8Array, string or null`)
}

function headersOf(headers: readonly ProducerRecordHeader[], topic: string): NewRecordHeader[] {
  return headers.map(({ key, value }) => {
    if (typeof key !== 'string') throw new InvalidRecordError(topic, 'a header has no key')
    return { key, value: bytesOf(value, topic, `header ${key}`) }
  })
}
