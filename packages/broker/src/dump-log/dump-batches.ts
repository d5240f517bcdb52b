/** The batches of a `.log` file or of a KRaft snapshot, and the records in them. */
import type { Files } from '@millrace/platform'
import {
  type BatchCodecs,
  CorruptBatchError,
  decode,
  KRAFT_CONTROL_RECORDS,
  type LogRecord,
  MalformedMessageError,
  type Message,
  messageJson,
  parseControlRecord,
  type RecordBatch,
} from '@millrace/protocol'
import { SEQUENCES } from '../log/producers/producer-state.ts'
import { findBatchBehind, scanBatches } from '../log/segment/batch-scan.ts'
import type { Dumped, DumpedControl, DumpedRecord } from './dumped.ts'
import { type RecordDecoder, recordContent } from './record-content.ts'

export interface BatchDumpOptions {
  /** Records too, not batches alone. */
  readonly isDeep: boolean
  /** What is in the records. Undefined: not shown. */
  readonly decoder: RecordDecoder | undefined
  /** Stops behind as many bytes. */
  readonly maxBytes: number
}

/**
 * Batch by batch in bounded memory. Damage is reported and passed over: what follows is shown as the broker would serve it.
 * `fileName` is what messages call the file. Throws FileErrors.
 */
export async function dumpBatches(
  files: Files,
  codecs: BatchCodecs,
  path: string,
  fileName: string,
  options: BatchDumpOptions,
  emit: (dumped: Dumped) => void,
): Promise<void> {
  const file = files.open(path, 'read')
  try {
    const end = Math.min(file.size, options.maxBytes)
    let endOffset = 0
    let position = 0
    const visit = (batch: RecordBatch, at: number): boolean => {
      const isValid = emitBatch(batch, at, codecs, emit)
      if (options.isDeep && isValid) emitRecords(batch, at, codecs, options.decoder, emit)
      // A damaged base offset says nothing about what is to come.
      if (isValid) endOffset = batch.lastOffset + 1
      return true
    }
    for (;;) {
      const stopped = await scanBatches(file, position, end, visit)
      if (stopped === end) return
      const behind = await findBatchBehind(file, stopped, end, endOffset, codecs)
      if (behind === undefined) {
        if (end === file.size) emit({ kind: 'trailing-bytes', bytes: end - stopped, file: fileName })
        return
      }
      emit({ kind: 'problem', text: `${path}: ${behind - stopped} bytes at position ${stopped} are no record batch` })
      position = behind
    }
  } finally {
    file.close()
  }
}

/** Whether the batch is what its checksum says. */
function emitBatch(batch: RecordBatch, position: number, codecs: BatchCodecs, emit: (dumped: Dumped) => void): boolean {
  const isValid = batch.hasValidChecksum(codecs)
  try {
    emit({
      kind: 'batch',
      baseOffset: batch.baseOffset,
      lastOffset: batch.lastOffset,
      recordCount: batch.recordCount,
      baseSequence: batch.baseSequence,
      lastSequence: batch.lastSequence,
      producerId: batch.producerId,
      producerEpoch: batch.producerEpoch,
      partitionLeaderEpoch: batch.partitionLeaderEpoch,
      isTransactional: batch.isTransactional,
      isControl: batch.isControl,
      deleteHorizonMs: batch.deleteHorizonMs,
      position,
      timestampType: batch.timestampType,
      maxTimestampMs: batch.maxTimestampMs,
      sizeInBytes: batch.sizeInBytes,
      magic: batch.magic,
      compression: batch.compression,
      checksum: batch.checksum,
      isValid,
    })
  } catch (error) {
    emitDamage(error, position, emit)
    return false
  }
  if (!isValid) emit({ kind: 'problem', text: `batch at position ${position}: the checksum does not match its bytes` })
  return isValid
}

function emitRecords(
  batch: RecordBatch,
  position: number,
  codecs: BatchCodecs,
  decoder: RecordDecoder | undefined,
  emit: (dumped: Dumped) => void,
): void {
  const { baseSequence, baseOffset, timestampType, isControl } = batch
  try {
    for (const record of batch.records(codecs)) {
      const { offset, timestampMs, key, value } = record
      const dumped: DumpedRecord = {
        kind: 'record',
        offset,
        timestampType,
        timestampMs,
        keyBytes: key?.length ?? -1,
        valueBytes: value?.length ?? -1,
        sequence: baseSequence < 0 ? -1 : (baseSequence + offset - baseOffset) % SEQUENCES,
        headerKeys: record.headers.map(header => header.key),
        control: isControl ? controlOf(record) : undefined,
        content: decoder === undefined || isControl ? undefined : recordContent(record, decoder),
      }
      emit(dumped)
    }
  } catch (error) {
    emitDamage(error, position, emit)
  }
}

function emitDamage(error: unknown, position: number, emit: (dumped: Dumped) => void): void {
  if (!(error instanceof CorruptBatchError || error instanceof MalformedMessageError)) throw error
  emit({ kind: 'problem', text: `batch at position ${position}: ${error.message}` })
}

function controlOf(record: LogRecord): DumpedControl {
  const control = parseControlRecord(record)
  switch (control.type) {
    case 'ABORT':
    case 'COMMIT':
      return control
    case 'UNKNOWN':
      return { type: control.type, typeNumber: record.key!.readInt16BE(2) }
    default: {
      const message: Message = KRAFT_CONTROL_RECORDS[control.type]
      const { value } = record
      if (value === null || value.length < 2)
        throw new CorruptBatchError(`control record ${record.offset} has no valid value`)
      const version = value.readInt16BE(0)
      return { type: control.type, value: messageJson(message, decode(message, value, version), version) }
    }
  }
}
