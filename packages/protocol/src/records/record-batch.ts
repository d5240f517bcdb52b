import { readInt64, writeInt64 } from '../wire/int64.ts'
import {
  ATTRIBUTES_AT,
  BASE_OFFSET_AT,
  BASE_SEQUENCE_AT,
  BASE_TIMESTAMP_AT,
  BATCH_HEADER_BYTES,
  BATCH_LENGTH_AT,
  BATCH_LENGTH_OVERHEAD_BYTES,
  CHECKSUM_AT,
  COMPRESSION_MASK,
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
import { type BatchCodecs, COMPRESSIONS, type Compression, MAX_DECOMPRESSED_BATCH_BYTES } from './compression.ts'
import { CorruptBatchError } from './corrupt-batch-error.ts'
import type { LogRecord } from './log-record.ts'
import { RecordCursor } from './record-cursor.ts'

export type TimestampType = 'CreateTime' | 'LogAppendTime'

const INT32_MAX = 0x7fff_ffff

/** Whose batch it is and where in that producer's sequence; all −1 if the producer is not idempotent. */
export interface ProducerStamp {
  readonly producerId: number
  readonly producerEpoch: number
  readonly baseSequence: number
}

/**
 * A view of one record batch inside `buffer`; nothing is copied and nothing but magic and size is checked on
 * construction ({@link CorruptBatchError}), so that the getters never read outside the batch. Records may be trusted
 * after {@link hasValidChecksum}; a reader that does not ask still gets either records or a CorruptBatchError.
 */
export class RecordBatch {
  /** Header included. */
  readonly sizeInBytes: number

  constructor(
    readonly buffer: Buffer,
    readonly start = 0,
  ) {
    const available = buffer.length - start
    if (available < BATCH_HEADER_BYTES) throw new CorruptBatchError(`${available} bytes are less than a batch header`)
    this.sizeInBytes = batchSizeAt(buffer, start)
    if (this.sizeInBytes > available)
      throw new CorruptBatchError(`batch of ${this.sizeInBytes} bytes, ${available} are there`, this.baseOffset)
  }

  /** Offset behind the batch in `buffer`. */
  get end(): number {
    return this.start + this.sizeInBytes
  }
  get bytes(): Buffer {
    return this.buffer.subarray(this.start, this.end)
  }

  get baseOffset(): number {
    return readInt64(this.buffer, this.start + BASE_OFFSET_AT)
  }
  get lastOffset(): number {
    return this.baseOffset + this.lastOffsetDelta
  }
  get nextOffset(): number {
    return this.lastOffset + 1
  }
  get partitionLeaderEpoch(): number {
    return this.buffer.readInt32BE(this.start + PARTITION_LEADER_EPOCH_AT)
  }
  get magic(): number {
    return this.buffer.readInt8(this.start + MAGIC_AT)
  }
  get checksum(): number {
    return this.buffer.readUInt32BE(this.start + CHECKSUM_AT)
  }
  get attributes(): number {
    return this.buffer.readInt16BE(this.start + ATTRIBUTES_AT)
  }
  /** Throws {@link CorruptBatchError} for an id without a codec. */
  get compression(): Compression {
    const id = this.attributes & COMPRESSION_MASK
    const compression = COMPRESSIONS[id]
    if (compression === undefined) throw new CorruptBatchError(`unknown compression ${id}`, this.baseOffset)
    return compression
  }
  get timestampType(): TimestampType {
    return (this.attributes & LOG_APPEND_TIME_BIT) === 0 ? 'CreateTime' : 'LogAppendTime'
  }
  get isTransactional(): boolean {
    return (this.attributes & TRANSACTIONAL_BIT) !== 0
  }
  get isControl(): boolean {
    return (this.attributes & CONTROL_BIT) !== 0
  }
  get hasDeleteHorizon(): boolean {
    return (this.attributes & DELETE_HORIZON_BIT) !== 0
  }
  /** Time from which the cleaner may remove this batch's tombstones, null before its first cleaning (KIP-534). */
  get deleteHorizonMs(): number | null {
    return this.hasDeleteHorizon ? this.baseTimestampMs : null
  }
  /** Greater than `recordCount − 1` after compaction. */
  get lastOffsetDelta(): number {
    return this.buffer.readInt32BE(this.start + LAST_OFFSET_DELTA_AT)
  }
  /** What the records' timestamp deltas count from. */
  get baseTimestampMs(): number {
    return readInt64(this.buffer, this.start + BASE_TIMESTAMP_AT)
  }
  get maxTimestampMs(): number {
    return readInt64(this.buffer, this.start + MAX_TIMESTAMP_AT)
  }
  /** −1: not idempotent. */
  get producerId(): number {
    return readInt64(this.buffer, this.start + PRODUCER_ID_AT)
  }
  get producerEpoch(): number {
    return this.buffer.readInt16BE(this.start + PRODUCER_EPOCH_AT)
  }
  /** −1: none. */
  get baseSequence(): number {
    return this.buffer.readInt32BE(this.start + BASE_SEQUENCE_AT)
  }
  /** Sequences continue with 0 behind 2^31−1. */
  get lastSequence(): number {
    const { baseSequence } = this
    return baseSequence < 0 ? baseSequence : (baseSequence + this.lastOffsetDelta) % (INT32_MAX + 1)
  }
  /** 0 after compaction has removed every record and kept the batch for its producer's sequence. */
  get recordCount(): number {
    return this.buffer.readInt32BE(this.start + RECORD_COUNT_AT)
  }

  hasValidChecksum(codecs: BatchCodecs): boolean {
    return codecs.crc32c(this.buffer, this.start + ATTRIBUTES_AT, this.end) === this.checksum
  }

  /**
   * Walks the records without an object each. Compressed records are inflated now, to at most `maxBytes`.
   * {@link CorruptBatchError} from here and from the cursor for what is not a valid batch.
   */
  cursor(codecs: BatchCodecs, maxBytes = MAX_DECOMPRESSED_BATCH_BYTES): RecordCursor {
    const { compression, recordCount, baseOffset, baseTimestampMs } = this
    if (recordCount < 0) throw new CorruptBatchError(`${recordCount} records`, baseOffset)
    const logAppendTimeMs = this.timestampType === 'LogAppendTime' ? this.maxTimestampMs : null
    const origin = { recordCount, baseOffset, baseTimestampMs, logAppendTimeMs }
    if (compression === 'none')
      return new RecordCursor({ buffer: this.buffer, start: this.start + RECORDS_AT, end: this.end, ...origin })
    const buffer = this.inflate(compression, codecs, maxBytes)
    return new RecordCursor({ buffer, start: 0, end: buffer.length, ...origin })
  }

  /** The same, an object per record. They share the batch's memory and keep it alive. */
  *records(codecs: BatchCodecs, maxBytes = MAX_DECOMPRESSED_BATCH_BYTES): Generator<LogRecord, void, undefined> {
    const cursor = this.cursor(codecs, maxBytes)
    while (cursor.advance()) yield cursor.record()
  }

  private inflate(compression: Exclude<Compression, 'none'>, codecs: BatchCodecs, maxBytes: number): Buffer {
    try {
      const bytes = codecs.decompress(compression, this.buffer.subarray(this.start + RECORDS_AT, this.end), maxBytes)
      return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
    } catch (cause) {
      if (!(cause instanceof Error) || cause.name !== 'DecompressionError') throw cause
      throw new CorruptBatchError(cause.message, this.baseOffset, { cause })
    }
  }

  /** Gives the batch its place in the log. Patches 12 bytes in `buffer`, none of them under the checksum. */
  assignOffsets(baseOffset: number, partitionLeaderEpoch: number): void {
    writeInt64(this.buffer, baseOffset, this.start + BASE_OFFSET_AT)
    this.buffer.writeInt32BE(partitionLeaderEpoch, this.start + PARTITION_LEADER_EPOCH_AT)
  }

  /** Says who wrote the batch and where it stands among the producer's others. Computes the checksum anew. */
  stampProducer(
    stamp: { readonly producerId: number; readonly producerEpoch: number; readonly baseSequence: number },
    codecs: BatchCodecs,
  ): void {
    writeInt64(this.buffer, stamp.producerId, this.start + PRODUCER_ID_AT)
    this.buffer.writeInt16BE(stamp.producerEpoch, this.start + PRODUCER_EPOCH_AT)
    this.buffer.writeInt32BE(stamp.baseSequence, this.start + BASE_SEQUENCE_AT)
    this.sign(codecs)
  }

  /** Makes the batch a LogAppendTime one; all its records then have this timestamp. Computes the checksum anew. */
  stampLogAppendTime(logAppendTimeMs: number, codecs: BatchCodecs): void {
    this.buffer.writeInt16BE(this.attributes | LOG_APPEND_TIME_BIT, this.start + ATTRIBUTES_AT)
    writeInt64(this.buffer, logAppendTimeMs, this.start + MAX_TIMESTAMP_AT)
    this.sign(codecs)
  }

  /**
   * A copy without the records, as compaction leaves it where the batch itself has to stay: with its offsets, its place in
   * the producer's sequence and its greatest timestamp.
   */
  emptied(codecs: BatchCodecs): RecordBatch {
    const bytes = Buffer.from(this.buffer.subarray(this.start, this.start + BATCH_HEADER_BYTES))
    bytes.writeInt32BE(BATCH_HEADER_BYTES - BATCH_LENGTH_OVERHEAD_BYTES, BATCH_LENGTH_AT)
    bytes.writeInt16BE(this.attributes & ~(COMPRESSION_MASK | DELETE_HORIZON_BIT), ATTRIBUTES_AT)
    writeInt64(bytes, -1, BASE_TIMESTAMP_AT)
    bytes.writeInt32BE(0, RECORD_COUNT_AT)
    const copy = new RecordBatch(bytes)
    copy.sign(codecs)
    return copy
  }

  private sign(codecs: BatchCodecs): void {
    const checksum = codecs.crc32c(this.buffer, this.start + ATTRIBUTES_AT, this.end)
    this.buffer.writeUInt32BE(checksum, this.start + CHECKSUM_AT)
  }
}

/**
 * The batches that lie complete in `buffer[start, end)`, in order; ends in front of a partial one.
 * {@link CorruptBatchError} for a size no batch can have and for another format than v2.
 */
export function* batchesOf(buffer: Buffer, start = 0, end = buffer.length): Generator<RecordBatch, void, undefined> {
  let at = start
  while (end - at >= BATCH_HEADER_BYTES) {
    if (batchSizeAt(buffer, at) > end - at) return
    const batch = new RecordBatch(buffer, at)
    yield batch
    at = batch.end
  }
}

/** Whole size of the batch whose header starts at `start`; the header must be there, the rest need not. */
function batchSizeAt(buffer: Buffer, start: number): number {
  const size = buffer.readInt32BE(start + BATCH_LENGTH_AT) + BATCH_LENGTH_OVERHEAD_BYTES
  const magic = buffer.readInt8(start + MAGIC_AT)
  if (magic !== MAGIC_V2) throw new CorruptBatchError(`format v${magic}, only v${MAGIC_V2} is known`)
  if (size < BATCH_HEADER_BYTES) throw new CorruptBatchError(`batch of ${size} bytes`, readInt64(buffer, start))
  return size
}
