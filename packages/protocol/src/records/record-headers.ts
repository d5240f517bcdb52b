import { CorruptBatchError } from './corrupt-batch-error.ts'
import type { RecordHeader } from './log-record.ts'
import { sizeOfVarint, VarintReader, writeVarint } from './varint.ts'

/** A header to be written. */
export interface NewRecordHeader {
  readonly key: string
  readonly value: Uint8Array | null
}

export const NO_HEADERS: readonly RecordHeader[] = Object.freeze([])

/**
 * Reads the header section of one record, `buffer[start, end)`: a count, then per header a key (never null) and a value.
 * {@link CorruptBatchError} unless it ends exactly at `end`.
 */
export function readHeaders(buffer: Buffer, start: number, end: number): readonly RecordHeader[] {
  // Most records have none: one zero byte.
  if (end - start === 1 && buffer[start] === 0) return NO_HEADERS
  const headers: RecordHeader[] = []
  walkHeaders(buffer, start, end, (keyStart, keyEnd, valueBytes, valueEnd) => {
    const key = buffer.toString('utf8', keyStart, keyEnd)
    headers.push({ key, value: valueBytes < 0 ? null : buffer.subarray(valueEnd - valueBytes, valueEnd) })
  })
  return headers
}

export function checkHeaders(buffer: Buffer, start: number, end: number): void {
  if (end - start === 1 && buffer[start] === 0) return
  walkHeaders(buffer, start, end, () => {})
}

function walkHeaders(
  buffer: Buffer,
  start: number,
  end: number,
  visit: (keyStart: number, keyEnd: number, valueBytes: number, valueEnd: number) => void,
): void {
  const reader = new VarintReader(buffer, start, end)
  const count = reader.varint()
  // A header takes at least two bytes, so a count above the bytes left is a lie.
  if (count < 0 || count > end - reader.position) throw new CorruptBatchError(`${count} headers`)
  for (let index = 0; index < count; index++) {
    const keyBytes = reader.range()
    if (keyBytes < 0) throw new CorruptBatchError('header key is null')
    const keyEnd = reader.position
    const valueBytes = reader.range()
    visit(keyEnd - keyBytes, keyEnd, valueBytes, reader.position)
  }
  if (reader.position !== end) throw new CorruptBatchError('bytes behind the last header')
}

export function sizeOfHeaders(headers: readonly NewRecordHeader[]): number {
  let size = sizeOfVarint(headers.length)
  for (const { key, value } of headers) {
    const keyBytes = Buffer.byteLength(key)
    size += sizeOfVarint(keyBytes) + keyBytes
    size += value === null ? 1 : sizeOfVarint(value.length) + value.length
  }
  return size
}

/** Returns the offset behind. */
export function writeHeaders(target: Buffer, headers: readonly NewRecordHeader[], offset: number): number {
  let at = writeVarint(target, headers.length, offset)
  for (const { key, value } of headers) {
    const keyBytes = Buffer.byteLength(key)
    at = writeVarint(target, keyBytes, at)
    at += target.write(key, at, keyBytes, 'utf8')
    if (value === null) at = writeVarint(target, -1, at)
    else {
      at = writeVarint(target, value.length, at)
      target.set(value, at)
      at += value.length
    }
  }
  return at
}
