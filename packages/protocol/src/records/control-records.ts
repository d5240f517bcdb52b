/**
 * Control records tell readers about the log itself and are never given to users. Key: version int16 ‖ type int16.
 * The value's form depends on the type; that of a transaction's end is version int16 ‖ coordinatorEpoch int32.
 */
import type { BatchCodecs } from './compression.ts'
import { CorruptBatchError } from './corrupt-batch-error.ts'
import type { LogRecord } from './log-record.ts'
import { RecordBatchBuilder } from './record-batch-builder.ts'

/** Index = type in the key. From LEADER_CHANGE on they occur in KRaft's metadata log only. */
const CONTROL_TYPES = [
  'ABORT',
  'COMMIT',
  'LEADER_CHANGE',
  'SNAPSHOT_HEADER',
  'SNAPSHOT_FOOTER',
  'KRAFT_VERSION',
  'KRAFT_VOTERS',
] as const

const KEY_BYTES = 4
const END_TRANSACTION_BYTES = 6
const VERSION = 0

export type TransactionResult = 'ABORT' | 'COMMIT'

export type ControlRecord =
  | { readonly type: TransactionResult; readonly coordinatorEpoch: number }
  | { readonly type: Exclude<(typeof CONTROL_TYPES)[number], TransactionResult> }
  /** Newer than this code: to be ignored. */
  | { readonly type: 'UNKNOWN' }

/** The meaning of one record of a control batch. {@link CorruptBatchError} if it has none. */
export function parseControlRecord(record: LogRecord): ControlRecord {
  const { key, value } = record
  if (key === null || key.length < KEY_BYTES || key.readInt16BE(0) < 0)
    throw new CorruptBatchError(`control record ${record.offset} has no valid key`)
  const type = CONTROL_TYPES[key.readInt16BE(2)] ?? 'UNKNOWN'
  if (type !== 'ABORT' && type !== 'COMMIT') return { type }
  if (value === null || value.length < END_TRANSACTION_BYTES || value.readInt16BE(0) < 0)
    throw new CorruptBatchError(`transaction marker ${record.offset} has no valid value`)
  return { type, coordinatorEpoch: value.readInt32BE(2) }
}

export interface EndTransaction {
  readonly result: TransactionResult
  readonly producerId: number
  readonly producerEpoch: number
  readonly coordinatorEpoch: number
  readonly timestampMs: number
}

/** The batch, one record, that ends a producer's transaction in a partition. Its offset is still to be assigned. */
export function endTransactionMarker(end: EndTransaction, codecs: BatchCodecs): Buffer {
  const { producerId, producerEpoch, timestampMs } = end
  const key = Buffer.allocUnsafe(KEY_BYTES)
  key.writeInt16BE(VERSION, 0)
  key.writeInt16BE(CONTROL_TYPES.indexOf(end.result), 2)
  const value = Buffer.allocUnsafe(END_TRANSACTION_BYTES)
  value.writeInt16BE(VERSION, 0)
  value.writeInt32BE(end.coordinatorEpoch, 2)
  const builder = new RecordBatchBuilder({ producerId, producerEpoch, transactional: true, control: true }, codecs)
  builder.append({ key, value, timestampMs })
  return builder.build()
}
