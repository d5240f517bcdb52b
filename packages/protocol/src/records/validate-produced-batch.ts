import { ErrorCode } from '../errors/error-codes.ts'
import {
  BATCH_HEADER_BYTES,
  BATCH_LENGTH_AT,
  BATCH_LENGTH_OVERHEAD_BYTES,
  COMPRESSION_MASK,
  MAGIC_AT,
  MAGIC_V2,
} from './batch-layout.ts'
import { type BatchCodecs, COMPRESSIONS, MAX_DECOMPRESSED_BATCH_BYTES } from './compression.ts'
import { CorruptBatchError } from './corrupt-batch-error.ts'
import { RecordBatch } from './record-batch.ts'

/** `errorCode` is what the produce response carries for the partition. */
export type ProducedBatch =
  | { readonly batch: RecordBatch; readonly errorCode: typeof ErrorCode.NONE }
  | { readonly batch: null; readonly errorCode: number; readonly reason: string }

/**
 * Judges the records a client sent for one partition by the batch header and checksum alone: what Kafka's
 * `ProduceRequest.validateRecords`, `UnifiedLog.analyzeAndValidateRecords` and `LogValidator.validateBatch` check and
 * what needs no topic configuration. Exactly one v2 batch is accepted. The records inside are not looked at, see
 * {@link inspectRecords}.
 */
export function validateProducedBatch(records: Buffer | null, codecs: BatchCodecs): ProducedBatch {
  if (records === null || records.length <= MAGIC_AT) return invalidRecord('there is no record batch')
  const sizeInBytes = records.readInt32BE(BATCH_LENGTH_AT) + BATCH_LENGTH_OVERHEAD_BYTES
  const magic = records.readInt8(MAGIC_AT)
  if (magic !== MAGIC_V2) return invalidRecord(`batch format v${magic}, only v${MAGIC_V2} is accepted`)
  if (sizeInBytes < BATCH_HEADER_BYTES || sizeInBytes > records.length)
    return rejected(ErrorCode.CORRUPT_MESSAGE, `batch of ${sizeInBytes} bytes in ${records.length} bytes of records`)
  if (sizeInBytes < records.length) return invalidRecord('there is more than one record batch')

  const batch = new RecordBatch(records)
  if (!batch.hasValidChecksum(codecs)) return rejected(ErrorCode.CORRUPT_MESSAGE, 'the checksum is wrong')
  const { baseOffset, recordCount, lastOffsetDelta } = batch
  if (baseOffset !== 0) return invalidRecord(`base offset ${baseOffset} instead of 0`)
  if (recordCount <= 0 || lastOffsetDelta + 1 !== recordCount)
    return invalidRecord(`${recordCount} records with last offset delta ${lastOffsetDelta}`)
  if (batch.isControl) return invalidRecord('clients may not write control records')
  if (batch.producerId >= 0 && batch.baseSequence < 0)
    return invalidRecord(`sequence ${batch.baseSequence} of producer ${batch.producerId}`)
  if (batch.timestampType === 'LogAppendTime')
    return rejected(ErrorCode.INVALID_TIMESTAMP, 'producers may not set LogAppendTime')
  const compressionId = batch.attributes & COMPRESSION_MASK
  if (compressionId >= COMPRESSIONS.length)
    return rejected(ErrorCode.UNSUPPORTED_COMPRESSION_TYPE, `compression ${compressionId} is unknown`)
  return { batch, errorCode: ErrorCode.NONE }
}

export interface RecordsSummary {
  /** What the batch header should say as its maximum. */
  readonly maxTimestampMs: number
  /** Indexes of the records without a key: a compacted topic does not take them. */
  readonly keylessRecords: readonly number[]
}

/**
 * Looks at every record of a batch that {@link validateProducedBatch} has accepted, which the header cannot answer for.
 * {@link CorruptBatchError} if a record is malformed or the offsets do not run from the base without gaps.
 */
export function inspectRecords(
  batch: RecordBatch,
  codecs: BatchCodecs,
  maxBytes = MAX_DECOMPRESSED_BATCH_BYTES,
): RecordsSummary {
  const cursor = batch.cursor(codecs, maxBytes)
  const keylessRecords: number[] = []
  let maxTimestampMs = -1
  let expectedOffset = batch.baseOffset
  for (let index = 0; cursor.advance(); index++) {
    if (cursor.offset !== expectedOffset++)
      throw new CorruptBatchError(`record ${index} has offset ${cursor.offset}`, batch.baseOffset)
    if (cursor.keyBytes < 0) keylessRecords.push(index)
    if (cursor.timestampMs > maxTimestampMs) maxTimestampMs = cursor.timestampMs
    cursor.checkHeaders()
  }
  return { maxTimestampMs, keylessRecords }
}

function invalidRecord(reason: string): ProducedBatch {
  return rejected(ErrorCode.INVALID_RECORD, reason)
}

function rejected(errorCode: number, reason: string): ProducedBatch {
  return { batch: null, errorCode, reason }
}
