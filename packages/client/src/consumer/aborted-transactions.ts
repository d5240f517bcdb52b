/**
 * Which transactional batches of a fetch belong to aborted transactions (KIP-98). The broker lists the aborted
 * transactions that touch the fetched range; a producer's is open from its first offset to its abort marker. Pure.
 */
import { type BatchCodecs, parseControlRecord, type RecordBatch } from '@millrace/protocol'

export interface AbortedTransaction {
  readonly producerId: number
  readonly firstOffset: number
}

export class AbortedTransactions {
  /** Not begun yet, by first offset. */
  private readonly ahead: AbortedTransaction[]
  private readonly open = new Set<number>()

  constructor(
    aborted: readonly AbortedTransaction[],
    private readonly codecs: BatchCodecs,
  ) {
    // Kafka sorts them; not every broker does.
    this.ahead = [...aborted].sort((a, b) => a.firstOffset - b.firstOffset)
  }

  /** Batches must be shown in the order of the log, control batches included. */
  covers(batch: RecordBatch): boolean {
    while (this.ahead[0] !== undefined && this.ahead[0].firstOffset <= batch.lastOffset)
      this.open.add(this.ahead.shift()!.producerId)
    if (!batch.isTransactional || !this.open.has(batch.producerId)) return false
    if (batch.isControl && isAbort(batch, this.codecs)) this.open.delete(batch.producerId)
    return true
  }
}

function isAbort(batch: RecordBatch, codecs: BatchCodecs): boolean {
  const cursor = batch.cursor(codecs)
  return cursor.advance() && parseControlRecord(cursor).type === 'ABORT'
}
