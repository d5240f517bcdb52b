/**
 * What a producer may write into a partition. A batch is judged by its header and its checksum; its records are looked at
 * only where the topic asks for it (compaction needs keys, `message.timestamp.before.max.ms` each timestamp,
 * `compression.type` another codec). Source: Apache Kafka, `LogValidator` and `UnifiedLog.analyzeAndValidateRecords`.
 */
import {
  type BatchCodecs,
  type Compression,
  CorruptBatchError,
  ErrorCode,
  inspectRecords,
  KafkaError,
  RecordBatch,
  RecordBatchBuilder,
  validateProducedBatch,
} from '@millrace/protocol'
import type { TopicConfig } from '../config/topic-config.ts'

/** What is wrong with single records of a refused batch, for Produce v8+. */
export interface RecordError {
  /** Position of the record in its batch. */
  readonly index: number
  readonly message: string
}

export class RefusedBatchError extends KafkaError {
  constructor(
    errorCode: number,
    detail: string,
    readonly recordErrors: readonly RecordError[] = [],
  ) {
    super(errorCode, detail)
  }
}

/** Keeps the answer to a large batch of keyless records small. */
const MAX_RECORD_ERRORS = 100

/**
 * The one batch in `records` (what a client sent for one partition), ready for `PartitionLog.append`: a view of `records`,
 * or a new batch if `compression.type` asks for another codec. Throws {@link RefusedBatchError} with Kafka's code.
 */
export function acceptProducedBatch(
  records: Buffer | null,
  config: TopicConfig,
  nowMs: number,
  codecs: BatchCodecs,
): RecordBatch {
  const produced = validateProducedBatch(records, codecs)
  if (produced.batch === null) throw refused(produced.errorCode, produced.reason)
  const { batch } = produced
  checkSize(batch, 'max.message.bytes', config, ErrorCode.MESSAGE_TOO_LARGE)
  checkTimestamps(batch, config, nowMs, codecs)
  if (config['cleanup.policy'].includes('compact')) checkKeys(batch, codecs)
  const accepted = recompressed(batch, config, codecs)
  if (accepted !== batch) checkSize(accepted, 'max.message.bytes', config, ErrorCode.MESSAGE_TOO_LARGE)
  checkSize(accepted, 'segment.bytes', config, ErrorCode.RECORD_LIST_TOO_LARGE)
  return accepted
}

function refused(errorCode: number, detail: string, recordErrors?: readonly RecordError[]): RefusedBatchError {
  return new RefusedBatchError(errorCode, detail, recordErrors)
}

function corruptionRefused<T>(read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof CorruptBatchError)) throw error
    throw refused(ErrorCode.CORRUPT_MESSAGE, error.reason)
  }
}

function checkTimestamps(batch: RecordBatch, config: TopicConfig, nowMs: number, codecs: BatchCodecs): void {
  if (config['message.timestamp.type'] === 'LogAppendTime') return
  const latestMs = nowMs + config['message.timestamp.after.max.ms']
  const earliestMs = nowMs - config['message.timestamp.before.max.ms']
  // The header knows the latest one; only a limit to the past asks for each.
  if (batch.maxTimestampMs <= latestMs && earliestMs <= 0) return
  const errors: RecordError[] = []
  corruptionRefused(() => {
    const cursor = batch.cursor(codecs)
    for (let index = 0; cursor.advance() && errors.length < MAX_RECORD_ERRORS; index++) {
      const { timestampMs } = cursor
      // −1 (no timestamp) is always allowed.
      if (timestampMs >= 0 && (timestampMs < earliestMs || timestampMs > latestMs))
        errors.push({ index, message: `timestamp ${timestampMs} is outside [${earliestMs}, ${latestMs}]` })
    }
  })
  if (errors.length > 0 || batch.maxTimestampMs > latestMs)
    throw refused(ErrorCode.INVALID_TIMESTAMP, 'timestamps are out of range', errors)
}

function checkKeys(batch: RecordBatch, codecs: BatchCodecs): void {
  const { keylessRecords } = corruptionRefused(() => inspectRecords(batch, codecs))
  if (keylessRecords.length === 0) return
  const errors = keylessRecords
    .slice(0, MAX_RECORD_ERRORS)
    .map(index => ({ index, message: 'a compacted topic needs records with keys' }))
  throw refused(ErrorCode.INVALID_RECORD, 'records without a key in a compacted topic', errors)
}

function recompressed(batch: RecordBatch, config: TopicConfig, codecs: BatchCodecs): RecordBatch {
  const type = config['compression.type']
  const wanted = type === 'uncompressed' ? 'none' : type
  if (wanted === 'producer' || wanted === batch.compression) return batch
  const builder = new RecordBatchBuilder(
    {
      compression: wanted,
      ...levelOf(wanted, config),
      producerId: batch.producerId,
      producerEpoch: batch.producerEpoch,
      baseSequence: batch.baseSequence,
      transactional: batch.isTransactional,
      initialBytes: batch.sizeInBytes,
    },
    codecs,
  )
  corruptionRefused(() => {
    const cursor = batch.cursor(codecs)
    for (let index = 0; cursor.advance(); index++) {
      cursor.checkHeaders()
      const { contents, timestampMs } = cursor
      if (!Number.isSafeInteger(timestampMs)) throw new CorruptBatchError(`record ${index} has no timestamp`)
      builder.appendContents(contents, timestampMs, index)
    }
  })
  return new RecordBatch(builder.build())
}

function levelOf(compression: Compression, config: TopicConfig): { readonly compressionLevel?: number } {
  switch (compression) {
    case 'gzip':
      return { compressionLevel: config['compression.gzip.level'] }
    case 'lz4':
      return { compressionLevel: config['compression.lz4.level'] }
    case 'zstd':
      return { compressionLevel: config['compression.zstd.level'] }
    default:
      return {}
  }
}

function checkSize(
  { sizeInBytes }: RecordBatch,
  limit: 'max.message.bytes' | 'segment.bytes',
  config: TopicConfig,
  errorCode: ErrorCode,
): void {
  if (sizeInBytes > config[limit])
    throw refused(errorCode, `batch of ${sizeInBytes} bytes, ${limit} is ${config[limit]}`)
}
