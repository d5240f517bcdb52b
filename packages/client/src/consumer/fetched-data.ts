/**
 * The bytes that one fetch returned for one partition, taken out record by record. Pure but for the codecs. Batches are
 * checked and decompressed when they are reached, not before.
 */
import { type BatchCodecs, batchesOf, CorruptBatchError, type RecordBatch, type RecordCursor } from '@millrace/protocol'
import type { TopicPartition } from '../cluster/topic-partition.ts'
import type { AbortedTransactions } from './aborted-transactions.ts'
import { CorruptFetchError } from './consumer-errors.ts'
import { ConsumerRecord } from './consumer-record.ts'

export interface FetchOutcome {
  readonly highWatermark: number
  readonly lastStableOffset: number
  readonly logStartOffset: number
}

/** Records taken so far, all of one leader epoch. */
export interface TakenRecords {
  readonly records: ConsumerRecord[]
  /** −1 while there are none. */
  leaderEpoch: number
}

export interface ReadingRules {
  readonly checksChecksums: boolean
  /** Null: every batch counts (read_uncommitted). */
  readonly aborted: AbortedTransactions | null
}

export class FetchedData {
  /** Where a fetch goes on behind this data. */
  readonly endOffset: number
  /** Next offset to be taken. */
  private position: number
  private readonly batches: Iterator<RecordBatch>
  private cursor: RecordCursor | undefined
  /** Of the batch under the cursor. */
  private leaderEpoch = -1
  /** Where reading goes on behind the batch under the cursor. */
  private afterBatch: number
  private reachedBytes = 0
  private isFinished = false

  constructor(
    private readonly at: TopicPartition,
    fetchOffset: number,
    private readonly bytes: Buffer,
    readonly outcome: FetchOutcome,
    private readonly rules: ReadingRules,
    private readonly codecs: BatchCodecs,
  ) {
    this.position = fetchOffset
    this.afterBatch = fetchOffset
    this.batches = batchesOf(bytes)
    this.endOffset = endOf(bytes, fetchOffset)
  }

  /** Not taken yet, by whole batches. */
  get remainingBytes(): number {
    return this.bytes.length - this.reachedBytes
  }
  get isExhausted(): boolean {
    return this.isFinished
  }

  /**
   * Appends up to `maxRecords` records to `target`, fewer where the leader epoch changes, and returns the offset behind
   * them: behind everything that is not for users as well, if that follows. Throws {@link CorruptFetchError}.
   */
  take(maxRecords: number, target: TakenRecords): number {
    const { records } = target
    const { topic, partition } = this.at
    let left = maxRecords
    try {
      for (;;) {
        const cursor = this.cursor ?? this.nextBatch()
        if (cursor === undefined) {
          this.isFinished = true
          return this.position
        }
        if (records.length === 0) target.leaderEpoch = this.leaderEpoch
        else if (target.leaderEpoch !== this.leaderEpoch) return this.position
        while (left > 0) {
          if (!cursor.advance()) {
            this.cursor = undefined
            break
          }
          if (cursor.offset < this.position) continue
          this.position = cursor.offset + 1
          records.push(new ConsumerRecord(topic, partition, cursor.record()))
          left--
        }
        if (this.cursor !== undefined) return this.position
        this.position = this.afterBatch
      }
    } catch (error) {
      if (!(error instanceof CorruptBatchError)) throw error
      throw new CorruptFetchError(this.at, this.position, error.reason, { cause: error })
    }
  }

  /** Moves to the next batch with records for users; undefined at the end. */
  private nextBatch(): RecordCursor | undefined {
    for (;;) {
      const next = this.batches.next()
      if (next.done === true) return undefined
      const batch = next.value
      this.reachedBytes = batch.end
      if (batch.nextOffset <= this.position) continue
      if (this.rules.checksChecksums && !batch.hasValidChecksum(this.codecs))
        throw new CorruptBatchError('its checksum is wrong', batch.baseOffset)
      const isAborted = this.rules.aborted?.covers(batch) === true
      if (isAborted || batch.isControl) {
        this.position = batch.nextOffset
        continue
      }
      this.afterBatch = batch.nextOffset
      this.leaderEpoch = batch.partitionLeaderEpoch
      this.cursor = batch.cursor(this.codecs)
      return this.cursor
    }
  }
}

function endOf(bytes: Buffer, fetchOffset: number): number {
  let end = fetchOffset
  for (const batch of batchesOf(bytes)) end = Math.max(end, batch.nextOffset)
  return end
}
