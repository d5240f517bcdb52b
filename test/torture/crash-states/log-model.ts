/**
 * What one partition may hold, batch by batch, as the one who wrote it knows: everything that was ever handed to it. A crash
 * leaves the batches up to some offset, which is not below `durableEnd`.
 */

import type { TopicConfig } from '@millrace/broker'

export interface ModelRecord {
  readonly offset: number
  readonly key: string
  /** Null is a tombstone. */
  readonly value: string | null
}

export interface ModelBatch {
  readonly baseOffset: number
  readonly lastOffset: number
  readonly producerId: number
  readonly producerEpoch: number
  readonly baseSequence: number
  readonly isTransactional: boolean
  /** None for a marker. */
  readonly records: readonly ModelRecord[]
  readonly marker: 'commit' | 'abort' | null
}

export interface LogModelOptions {
  readonly partition: number
  readonly isCompacted: boolean
  /** Every answer waits for the disk. */
  readonly isDurable: boolean
  readonly settings: TopicConfig
}

export class LogModel {
  readonly batches: ModelBatch[] = []
  endOffset = 0
  /** What was acknowledged, and so must be there after any crash. */
  durableEnd = 0
  /** Where the log began when the crash came; what was deleted not long before may come back. */
  startOffset = 0
  /** What lies below was answered to be deleted, and so must not come back. */
  durableStart = 0

  readonly partition: number
  readonly isCompacted: boolean
  readonly isDurable: boolean
  readonly settings: TopicConfig

  constructor({ partition, isCompacted, isDurable, settings }: LogModelOptions) {
    this.partition = partition
    this.isCompacted = isCompacted
    this.isDurable = isDurable
    this.settings = settings
  }

  add(
    batch: Omit<ModelBatch, 'baseOffset' | 'lastOffset' | 'records'>,
    values: readonly Omit<ModelRecord, 'offset'>[],
  ) {
    const baseOffset = this.endOffset
    const records = values.map((value, index) => ({ offset: baseOffset + index, ...value }))
    const lastOffset = baseOffset + Math.max(1, records.length) - 1
    this.batches.push({ ...batch, baseOffset, lastOffset, records })
    this.endOffset = lastOffset + 1
  }

  batchAt(baseOffset: number): ModelBatch | undefined {
    return this.batches.find(batch => batch.baseOffset === baseOffset)
  }

  /** The log was found to end at `endOffset`: what came behind has never been. */
  endedAt(endOffset: number): void {
    while ((this.batches.at(-1)?.lastOffset ?? -1) >= endOffset) this.batches.pop()
    this.endOffset = endOffset
    this.durableEnd = endOffset
  }

  /** First offsets, from `startOffset` on, of the transactions that are open at `endOffset`, by producer. */
  openTransactions(endOffset: number, startOffset = 0): Map<number, number> {
    const open = new Map<number, number>()
    for (const batch of this.before(endOffset)) {
      if (batch.lastOffset < startOffset) continue
      if (batch.marker !== null) open.delete(batch.producerId)
      else if (batch.isTransactional && !open.has(batch.producerId)) open.set(batch.producerId, batch.baseOffset)
    }
    return open
  }

  /** Offsets of records that were aborted by a marker below `endOffset`. */
  abortedOffsets(endOffset: number): Set<number> {
    const aborted = new Set<number>()
    const open = new Map<number, number[]>()
    for (const { producerId, isTransactional, marker, records } of this.before(endOffset)) {
      if (marker === 'abort') for (const offset of open.get(producerId) ?? []) aborted.add(offset)
      if (marker !== null) open.delete(producerId)
      else if (isTransactional) open.set(producerId, [...(open.get(producerId) ?? []), ...records.map(r => r.offset)])
    }
    return aborted
  }

  /** The newest batch of each producer in `[startOffset, endOffset)`. */
  lastBatches(startOffset: number, endOffset: number): Map<number, ModelBatch> {
    const last = new Map<number, ModelBatch>()
    for (const batch of this.before(endOffset))
      if (batch.lastOffset >= startOffset && batch.producerId >= 0 && batch.marker === null)
        last.set(batch.producerId, batch)
    return last
  }

  /** Whether a marker of the batch's producer lies behind it. */
  endedSince({ producerId, lastOffset }: ModelBatch, endOffset: number): boolean {
    for (const batch of this.before(endOffset))
      if (batch.marker !== null && batch.producerId === producerId && batch.baseOffset > lastOffset) return true
    return false
  }

  *before(endOffset: number): Iterable<ModelBatch> {
    for (const batch of this.batches) {
      if (batch.lastOffset >= endOffset) return
      yield batch
    }
  }
}
