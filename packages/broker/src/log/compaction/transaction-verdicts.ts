import { type BatchCodecs, type ControlRecord, parseControlRecord, type RecordBatch } from '@millrace/protocol'
import type { AbortedSpan } from '../segment/transaction-index.ts'

interface AbortedTransaction {
  readonly span: AbortedSpan
  hasBatches: boolean
}

export interface MarkerVerdict {
  /** No batch of the marker's transaction is left: nobody needs the marker to understand the log. */
  readonly isObsolete: boolean
  /** For the transaction index of the cleaned segment: batches of this aborted transaction were met. */
  readonly abortedSpan?: AbortedSpan
}

const OBSOLETE: MarkerVerdict = { isObsolete: true }
const NEEDED: MarkerVerdict = { isObsolete: false }

/**
 * Follows the transactions of a log that is read from a place on, below the last stable offset: which batches were rolled
 * back, which markers have outlived their transaction. Kafka: `CleanedTransactionMetadata`.
 */
export class TransactionVerdicts {
  /** Producers of which batches of a transaction were met that is going to be committed. */
  private readonly committing = new Set<number>()
  /** By producer: the aborted transaction that the walk is in. */
  private readonly aborting = new Map<number, AbortedTransaction>()
  /** Transactions further on, the first one last. */
  private readonly ahead: AbortedSpan[] = []

  constructor(private readonly codecs: BatchCodecs) {}

  /** All that touch a stretch of log which comes next. Naming one again is fine. */
  expect(spans: readonly AbortedSpan[]): void {
    this.ahead.push(...spans)
    this.ahead.sort((a, b) => b.firstOffset - a.firstOffset)
  }

  /** For a batch of records: whether they were rolled back. */
  wasAborted(batch: RecordBatch): boolean {
    this.enter(batch.lastOffset)
    if (!batch.isTransactional) return false
    const transaction = this.aborting.get(batch.producerId)
    if (transaction === undefined) this.committing.add(batch.producerId)
    else transaction.hasBatches = true
    return transaction !== undefined
  }

  /** For a control batch. */
  marker(batch: RecordBatch): MarkerVerdict {
    this.enter(batch.lastOffset)
    const { producerId } = batch
    switch (controlIn(batch, this.codecs)?.type) {
      case undefined:
        return OBSOLETE
      case 'ABORT': {
        const transaction = this.aborting.get(producerId)
        this.aborting.delete(producerId)
        return transaction?.hasBatches ? { isObsolete: false, abortedSpan: transaction.span } : OBSOLETE
      }
      case 'COMMIT':
        return this.committing.delete(producerId) ? NEEDED : OBSOLETE
      default:
        return NEEDED
    }
  }

  private enter(offset: number): void {
    const { ahead, aborting } = this
    for (let next = ahead.at(-1); next !== undefined && next.firstOffset <= offset; next = ahead.at(-1)) {
      ahead.pop()
      if (!aborting.has(next.producerId)) aborting.set(next.producerId, { span: next, hasBatches: false })
    }
  }
}

/** Undefined in a control batch that compaction has emptied. */
function controlIn(batch: RecordBatch, codecs: BatchCodecs): ControlRecord | undefined {
  for (const record of batch.records(codecs)) return parseControlRecord(record)
  return undefined
}
