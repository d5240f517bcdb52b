import { writeInt64 } from '../wire/int64.ts'
import {
  ATTRIBUTES_AT,
  BASE_OFFSET_AT,
  BASE_SEQUENCE_AT,
  BASE_TIMESTAMP_AT,
  BATCH_LENGTH_AT,
  BATCH_LENGTH_OVERHEAD_BYTES,
  CHECKSUM_AT,
  CONTROL_BIT,
  DELETE_HORIZON_BIT,
  LAST_OFFSET_DELTA_AT,
  LOG_APPEND_TIME_BIT,
  MAGIC_AT,
  MAGIC_V2,
  MAX_TIMESTAMP_AT,
  PARTITION_LEADER_EPOCH_AT,
  PRODUCER_EPOCH_AT,
  PRODUCER_ID_AT,
  RECORD_COUNT_AT,
  RECORDS_AT,
  TRANSACTIONAL_BIT,
} from './batch-layout.ts'
import { type BatchCodecs, COMPRESSIONS, type Compression } from './compression.ts'
import { type NewRecordHeader, NO_HEADERS, sizeOfHeaders, writeHeaders } from './record-headers.ts'
import { sizeOfVarint, writeVarint } from './varint.ts'

const INITIAL_BYTES = 1024
/** Below this a loop is faster than `set`, which crosses into C++. */
const COPY_BY_LOOP_BYTES = 24

export interface NewRecord {
  readonly key: Uint8Array | null
  readonly value: Uint8Array | null
  /** A safe integer; −1 for none. */
  readonly timestampMs: number
  readonly headers?: readonly NewRecordHeader[]
}

export interface BatchOptions {
  readonly compression?: Compression
  /** Left out: the codec's default. */
  readonly compressionLevel?: number
  readonly producerId?: number
  readonly producerEpoch?: number
  readonly baseSequence?: number
  readonly transactional?: boolean
  readonly control?: boolean
  /** Brokers assign it; a client leaves 0. */
  readonly baseOffset?: number
  readonly partitionLeaderEpoch?: number
  /** Makes it a LogAppendTime batch, whose records all have this timestamp. */
  readonly logAppendTimeMs?: number
  /** What the batch claims as its last offset when compaction has removed records behind the last one. */
  readonly lastOffset?: number
  /** See `RecordBatch.deleteHorizonMs`. */
  readonly deleteHorizonMs?: number
  /** What to allocate at once; the builder grows as needed. */
  readonly initialBytes?: number
}

/** Writes one record batch into one buffer. Of no use after `build`. */
export class RecordBatchBuilder {
  /** Of the header and the records so far, uncompressed. */
  estimatedBytes = RECORDS_AT
  recordCount = 0
  private buffer: Buffer
  private baseTimestampMs: number
  private maxTimestampMs = -1
  private lastOffsetDelta = -1

  constructor(
    private readonly options: BatchOptions,
    private readonly codecs: BatchCodecs,
  ) {
    this.buffer = Buffer.allocUnsafe(Math.max(options.initialBytes ?? INITIAL_BYTES, RECORDS_AT))
    this.baseTimestampMs = options.deleteHorizonMs ?? -1
  }

  get isEmpty(): boolean {
    return this.recordCount === 0
  }

  /** `estimatedBytes` if `record` were appended: to decide whether it still fits. */
  estimatedBytesWith(record: NewRecord): number {
    const timestampDelta = this.recordCount === 0 ? 0 : record.timestampMs - this.baseTimestampMs
    const { key, value, headers = NO_HEADERS } = record
    const bodyBytes = sizeOfPrefix(timestampDelta, this.lastOffsetDelta + 1) + sizeOfContents(key, value, headers)
    return this.estimatedBytes + sizeOfVarint(bodyBytes) + bodyBytes
  }

  /** Copies the record's bytes. `offset`, above all before it, leaves a gap as compaction does; default: the next. */
  append(record: NewRecord, offset?: number): void {
    const { key, value, timestampMs, headers = NO_HEADERS } = record
    let at = this.begin(sizeOfContents(key, value, headers), timestampMs, offset)
    const { buffer } = this
    at = writeNullableBytes(buffer, key, at)
    at = writeNullableBytes(buffer, value, at)
    if (headers.length === 0) buffer[at] = 0
    else writeHeaders(buffer, headers, at)
  }

  /** The same for a record of another batch, of which `contents` (see `RecordCursor.contents`) stay as they are. */
  appendContents(contents: Uint8Array, timestampMs: number, offset: number): void {
    const at = this.begin(contents.length, timestampMs, offset)
    this.buffer.set(contents, at)
  }

  /** Writes what comes before the contents of a record; returns where those go. */
  private begin(contentsBytes: number, timestampMs: number, offset: number | undefined): number {
    if (!Number.isSafeInteger(timestampMs)) throw new RangeError(`timestamp ${timestampMs} is not an integer`)
    const offsetDelta = offset === undefined ? this.lastOffsetDelta + 1 : offset - (this.options.baseOffset ?? 0)
    if (offsetDelta <= this.lastOffsetDelta) throw new RangeError(`offset ${offset} is not above the one before`)
    if (this.recordCount === 0 && this.options.deleteHorizonMs === undefined) this.baseTimestampMs = timestampMs
    const timestampDelta = timestampMs - this.baseTimestampMs
    const bodyBytes = sizeOfPrefix(timestampDelta, offsetDelta) + contentsBytes
    let at = this.estimatedBytes
    const end = at + sizeOfVarint(bodyBytes) + bodyBytes
    if (end > this.buffer.length) this.grow(end)
    const { buffer } = this
    at = writeVarint(buffer, bodyBytes, at)
    buffer[at++] = 0 // Attributes: none defined.
    at = writeVarint(buffer, timestampDelta, at)
    at = writeVarint(buffer, offsetDelta, at)
    this.estimatedBytes = end
    this.lastOffsetDelta = offsetDelta
    this.recordCount++
    if (timestampMs > this.maxTimestampMs) this.maxTimestampMs = timestampMs
    return at
  }

  /** The whole batch with its checksum. */
  build(): Buffer {
    const { options } = this
    const compression = options.compression ?? 'none'
    let buffer = this.buffer.subarray(0, this.estimatedBytes)
    if (compression !== 'none') {
      const compressed = this.codecs.compress(compression, buffer.subarray(RECORDS_AT), options.compressionLevel)
      buffer = Buffer.allocUnsafe(RECORDS_AT + compressed.length)
      buffer.set(compressed, RECORDS_AT)
    }
    const baseOffset = options.baseOffset ?? 0
    const lastOffsetDelta = options.lastOffset === undefined ? this.lastOffsetDelta : options.lastOffset - baseOffset
    const attributes =
      COMPRESSIONS.indexOf(compression) |
      (options.logAppendTimeMs === undefined ? 0 : LOG_APPEND_TIME_BIT) |
      (options.transactional === true ? TRANSACTIONAL_BIT : 0) |
      (options.control === true ? CONTROL_BIT : 0) |
      (options.deleteHorizonMs === undefined ? 0 : DELETE_HORIZON_BIT)
    writeInt64(buffer, baseOffset, BASE_OFFSET_AT)
    buffer.writeInt32BE(buffer.length - BATCH_LENGTH_OVERHEAD_BYTES, BATCH_LENGTH_AT)
    buffer.writeInt32BE(options.partitionLeaderEpoch ?? -1, PARTITION_LEADER_EPOCH_AT)
    buffer.writeInt8(MAGIC_V2, MAGIC_AT)
    buffer.writeInt16BE(attributes, ATTRIBUTES_AT)
    buffer.writeInt32BE(lastOffsetDelta, LAST_OFFSET_DELTA_AT)
    writeInt64(buffer, this.baseTimestampMs, BASE_TIMESTAMP_AT)
    writeInt64(buffer, options.logAppendTimeMs ?? this.maxTimestampMs, MAX_TIMESTAMP_AT)
    writeInt64(buffer, options.producerId ?? -1, PRODUCER_ID_AT)
    buffer.writeInt16BE(options.producerEpoch ?? -1, PRODUCER_EPOCH_AT)
    buffer.writeInt32BE(options.baseSequence ?? -1, BASE_SEQUENCE_AT)
    buffer.writeInt32BE(this.recordCount, RECORD_COUNT_AT)
    buffer.writeUInt32BE(this.codecs.crc32c(buffer, ATTRIBUTES_AT, buffer.length), CHECKSUM_AT)
    return buffer
  }

  private grow(neededBytes: number): void {
    const larger = Buffer.allocUnsafe(Math.max(neededBytes, this.buffer.length * 2))
    this.buffer.copy(larger, RECORDS_AT, RECORDS_AT, this.estimatedBytes)
    this.buffer = larger
  }
}

/** Bytes of a record between its length and its contents. */
function sizeOfPrefix(timestampDelta: number, offsetDelta: number): number {
  return 1 + sizeOfVarint(timestampDelta) + sizeOfVarint(offsetDelta)
}

function sizeOfContents(key: Uint8Array | null, value: Uint8Array | null, headers: readonly NewRecordHeader[]): number {
  return (
    (key === null ? 1 : sizeOfVarint(key.length) + key.length) +
    (value === null ? 1 : sizeOfVarint(value.length) + value.length) +
    (headers.length === 0 ? 1 : sizeOfHeaders(headers))
  )
}

function writeNullableBytes(target: Uint8Array, bytes: Uint8Array | null, offset: number): number {
  if (bytes === null) return writeVarint(target, -1, offset)
  const at = writeVarint(target, bytes.length, offset)
  const { length } = bytes
  if (length <= COPY_BY_LOOP_BYTES) for (let index = 0; index < length; index++) target[at + index] = bytes[index]!
  else target.set(bytes, at)
  return at + length
}
