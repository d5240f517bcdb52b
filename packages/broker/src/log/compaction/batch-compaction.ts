/**
 * What compaction leaves of a log, batch by batch. Pure. Offsets never change, so a log that was compacted has gaps.
 *
 * A record goes when a later one of the compacted stretch has its key, when its transaction was rolled back, or when it has
 * no key. A tombstone goes `delete.retention.ms` after the first pass that met it: that pass writes the time into the batch
 * as its delete horizon (KIP-534), so a reader that began before has time to see it. A transaction's marker goes likewise,
 * from the first pass on that met none of its records. The last batch of each live producer stays, empty if need be, for the
 * sequence to go on after a restart. Kafka: `Cleaner`, `MemoryRecords.filterTo`.
 */
import { type BatchCodecs, CorruptBatchError, RecordBatch, RecordBatchBuilder } from '@millrace/protocol'
import type { AbortedSpan } from '../segment/transaction-index.ts'
import type { OffsetMap } from './offset-map.ts'
import type { TransactionVerdicts } from './transaction-verdicts.ts'

/** How the batch is recognised that a producer's state comes from. */
export interface LastOfProducer {
  /** Last offset of the last batch with records; −1 if there is but a marker. */
  readonly lastDataOffset: number
  readonly producerEpoch: number
}

export interface CompactionPass {
  readonly latest: OffsetMap
  readonly transactions: TransactionVerdicts
  readonly lastOfProducers: ReadonlyMap<number, LastOfProducer>
  /** First offset that this pass does not look at. The batch before it stays: the log has to show how far it goes. */
  readonly endOffset: number
  readonly nowMs: number
  readonly deleteRetentionMs: number
  readonly codecs: BatchCodecs
}

export interface CompactedBatch {
  /** The batch as it was, one with fewer records, or null. */
  readonly kept: RecordBatch | null
  readonly abortedSpan?: AbortedSpan
}

/**
 * Takes the keys of a batch into the map; offsets below `fromOffset` are left out. False once the map is full: the pass
 * ends before that record. Throws CorruptBatchError.
 */
export function mapKeys(
  batch: RecordBatch,
  fromOffset: number,
  { latest, transactions, codecs }: Pick<CompactionPass, 'latest' | 'transactions' | 'codecs'>,
): boolean {
  assertUndamaged(batch, codecs)
  if (batch.isControl) {
    transactions.marker(batch)
  } else if (!transactions.wasAborted(batch)) {
    const cursor = batch.cursor(codecs)
    while (cursor.advance()) {
      if (cursor.keyBytes < 0 || cursor.offset < fromOffset) continue
      const end = cursor.keyEndPosition
      if (!latest.put(cursor.buffer, end - cursor.keyBytes, end, cursor.offset)) return false
    }
  }
  if (batch.lastOffset >= fromOffset) latest.latestOffset = batch.lastOffset
  return true
}

/** The batches of the log have to come in order. Throws CorruptBatchError. */
export function compactBatch(batch: RecordBatch, pass: CompactionPass): CompactedBatch {
  assertUndamaged(batch, pass.codecs)
  if (batch.isControl) {
    const { isObsolete, abortedSpan } = pass.transactions.marker(batch)
    const mustGo = isObsolete && isPastHorizon(batch, pass)
    const kept = mustGo ? emptiedOrNull(batch, pass) : keptRecords(batch, pass, () => true, isObsolete)
    return abortedSpan === undefined ? { kept } : { kept, abortedSpan }
  }
  if (pass.transactions.wasAborted(batch)) return { kept: emptiedOrNull(batch, pass) }
  return { kept: keptRecords(batch, pass, isWanted, false) }
}

/** A damaged key would replace another one; damaged records that are written again would get a checksum that vouches for them. */
function assertUndamaged(batch: RecordBatch, codecs: BatchCodecs): void {
  if (!batch.hasValidChecksum(codecs)) throw new CorruptBatchError('wrong checksum', batch.baseOffset)
}

interface MetRecord {
  readonly buffer: Buffer
  readonly offset: number
  readonly keyBytes: number
  readonly keyEndPosition: number
  readonly valueBytes: number
}

function isWanted(record: MetRecord, canDropTombstones: boolean, latest: OffsetMap): boolean {
  const { buffer, offset, keyBytes, keyEndPosition, valueBytes } = record
  if (offset > latest.latestOffset) return true
  if (keyBytes < 0 || (valueBytes < 0 && canDropTombstones)) return false
  return offset >= latest.offsetOf(buffer, keyEndPosition - keyBytes, keyEndPosition)
}

function keptRecords(
  batch: RecordBatch,
  pass: CompactionPass,
  isKept: typeof isWanted,
  isObsoleteMarker: boolean,
): RecordBatch | null {
  const canDropTombstones = isPastHorizon(batch, pass)
  const cursor = batch.cursor(pass.codecs)
  const kept: boolean[] = []
  let keptCount = 0
  let hasTombstones = false
  while (cursor.advance()) {
    const isThisKept = isKept(cursor, canDropTombstones, pass.latest)
    kept.push(isThisKept)
    if (!isThisKept) continue
    keptCount++
    if (cursor.valueBytes < 0) hasTombstones = true
  }
  if (keptCount === 0) return emptiedOrNull(batch, pass)
  const needsHorizon = (hasTombstones || isObsoleteMarker) && batch.deleteHorizonMs === null
  if (keptCount === kept.length && !needsHorizon) return batch

  const deleteHorizonMs = needsHorizon ? pass.nowMs + pass.deleteRetentionMs : batch.deleteHorizonMs
  const builder = rebuilderOf(batch, deleteHorizonMs, pass.codecs)
  cursor.rewind()
  for (const isThisKept of kept) {
    cursor.advance()
    if (isThisKept) builder.appendContents(cursor.contents, cursor.timestampMs, cursor.offset)
  }
  return new RecordBatch(builder.build())
}

function rebuilderOf(batch: RecordBatch, deleteHorizonMs: number | null, codecs: BatchCodecs): RecordBatchBuilder {
  return new RecordBatchBuilder(
    {
      compression: batch.compression,
      producerId: batch.producerId,
      producerEpoch: batch.producerEpoch,
      baseSequence: batch.baseSequence,
      transactional: batch.isTransactional,
      control: batch.isControl,
      baseOffset: batch.baseOffset,
      lastOffset: batch.lastOffset,
      partitionLeaderEpoch: batch.partitionLeaderEpoch,
      ...(batch.timestampType === 'LogAppendTime' && { logAppendTimeMs: batch.maxTimestampMs }),
      ...(deleteHorizonMs !== null && { deleteHorizonMs }),
      initialBytes: batch.sizeInBytes,
    },
    codecs,
  )
}

/** What remains of a batch without its records. */
function emptiedOrNull(batch: RecordBatch, pass: CompactionPass): RecordBatch | null {
  const isEnd = batch.nextOffset === pass.endOffset
  return isEnd || isLastOfProducer(batch, pass) ? batch.emptied(pass.codecs) : null
}

function isLastOfProducer(batch: RecordBatch, { lastOfProducers }: CompactionPass): boolean {
  const last = batch.producerId < 0 ? undefined : lastOfProducers.get(batch.producerId)
  if (last === undefined) return false
  if (last.lastDataOffset >= 0) return batch.lastOffset === last.lastDataOffset
  return batch.isControl && batch.producerEpoch === last.producerEpoch
}

function isPastHorizon({ deleteHorizonMs }: RecordBatch, { nowMs }: CompactionPass): boolean {
  return deleteHorizonMs !== null && deleteHorizonMs <= nowMs
}
