/** The lines that Apache Kafka's `kafka-dump-log` prints (`DumpLogSegments`), so that both can be compared by `diff`. */
import { type Json, printJson } from '@millrace/protocol'
import type { Dumped, DumpedBatch, DumpedControl, DumpedProducer, DumpedRecord } from './dumped.ts'

export interface TextOptions {
  /** Of a record only what is in it. */
  readonly skipRecordMetadata: boolean
}

const RECORD_INDENT = '|'

/** Without the end of the line. */
export function dumpedText(dumped: Dumped, options: TextOptions): string {
  switch (dumped.kind) {
    case 'file':
      return `Dumping ${dumped.path}`
    case 'log':
      return `Log starting offset: ${dumped.startOffset}`
    case 'metadata-snapshot':
      return dumped.endOffset === null
        ? 'KRaft bootstrap snapshot'
        : `Snapshot end offset: ${dumped.endOffset}, epoch: ${dumped.epoch}`
    case 'batch':
      return batchText(dumped)
    case 'record':
      return recordText(dumped, options)
    case 'trailing-bytes':
      return `Found ${dumped.bytes} invalid bytes at the end of ${dumped.file}`
    case 'empty-index':
      return `${dumped.path} is empty.`
    case 'sane-index':
      return `${dumped.path} passed sanity check.`
    case 'offset-index-entry':
      return pairs({ offset: dumped.offset, position: dumped.position })
    case 'time-index-entry':
      return pairs({ timestamp: dumped.timestampMs, offset: dumped.offset })
    case 'aborted-transaction': {
      const { kind: _, ...fields } = dumped
      return pairs(fields)
    }
    case 'producer':
      return producerText(dumped)
    case 'line':
    case 'note':
    case 'problem':
      return dumped.text
  }
}

function batchText(batch: DumpedBatch): string {
  return pairs({
    baseOffset: batch.baseOffset,
    lastOffset: batch.lastOffset,
    count: batch.recordCount,
    baseSequence: batch.baseSequence,
    lastSequence: batch.lastSequence,
    producerId: batch.producerId,
    producerEpoch: batch.producerEpoch,
    partitionLeaderEpoch: batch.partitionLeaderEpoch,
    isTransactional: batch.isTransactional,
    isControl: batch.isControl,
    deleteHorizonMs: optional(batch.deleteHorizonMs),
    position: batch.position,
    [batch.timestampType]: batch.maxTimestampMs,
    size: batch.sizeInBytes,
    magic: batch.magic,
    compresscodec: batch.compression,
    crc: batch.checksum,
    isvalid: batch.isValid,
  })
}

function recordText(record: DumpedRecord, { skipRecordMetadata }: TextOptions): string {
  const parts: string[] = []
  if (!skipRecordMetadata) {
    parts.push(
      RECORD_INDENT,
      pairs({
        offset: record.offset,
        [record.timestampType]: record.timestampMs,
        keySize: record.keyBytes,
        valueSize: record.valueBytes,
        sequence: record.sequence,
        headerKeys: `[${record.headerKeys.join(',')}]`,
      }),
    )
    if (record.control !== undefined) parts.push(controlText(record.control))
  }
  const { key, payload } = record.content ?? {}
  if (skipRecordMetadata && (key !== undefined || payload !== undefined)) parts.push(RECORD_INDENT)
  if (key !== undefined) parts.push(`key: ${contentText(key)}`)
  if (payload !== undefined) parts.push(`payload: ${contentText(payload)}`)
  return parts.join(' ')
}

function controlText(control: DumpedControl): string {
  switch (control.type) {
    case 'ABORT':
    case 'COMMIT':
      return pairs({ endTxnMarker: control.type, coordinatorEpoch: control.coordinatorEpoch })
    case 'LEADER_CHANGE':
      return `LeaderChange: ${printJson(control.value)}`
    case 'SNAPSHOT_HEADER':
      return `SnapshotHeader ${printJson(control.value)}`
    case 'SNAPSHOT_FOOTER':
      return `SnapshotFooter ${printJson(control.value)}`
    case 'KRAFT_VERSION':
      return `KRaftVersion ${printJson(control.value)}`
    case 'KRAFT_VOTERS':
      return `KRaftVoters ${printJson(control.value)}`
    case 'UNKNOWN':
      return `controlType: ${control.type}(${control.typeNumber})`
  }
}

function producerText(producer: DumpedProducer): string {
  const { lastBatch } = producer
  const state = pairs({
    producerId: producer.producerId,
    producerEpoch: producer.producerEpoch,
    coordinatorEpoch: producer.coordinatorEpoch,
    currentTxnFirstOffset: optional(producer.currentTransactionFirstOffset),
    lastTimestamp: producer.lastTimestampMs,
  })
  if (lastBatch === null) return state
  const { firstSequence, lastSequence, lastOffset, offsetDelta, timestampMs: timestamp } = lastBatch
  return `${state} ${pairs({ firstSequence, lastSequence, lastOffset, offsetDelta, timestamp })}`
}

function contentText(content: Json): string {
  return typeof content === 'string' ? content : printJson(content)
}

/** As Java prints an OptionalLong. */
function optional(value: number | null): string {
  return value === null ? 'OptionalLong.empty' : `OptionalLong[${value}]`
}

function pairs(fields: Readonly<Record<string, unknown>>): string {
  return Object.entries(fields)
    .map(([name, value]) => `${name}: ${value}`)
    .join(' ')
}
