import { type BatchCodecs, CorruptBatchError, parseControlRecord, type RecordBatch } from '@millrace/protocol'

export type TransactionVerdict = 'commit' | 'abort'

/** What a control batch says about its producer's transaction. */
export interface EndMarker {
  readonly producerId: number
  readonly producerEpoch: number
  /** Of the transaction coordinator that decided. */
  readonly coordinatorEpoch: number
  readonly verdict: TransactionVerdict
}

/** A marker with its place in the log. */
export interface AppendedMarker extends EndMarker {
  readonly offset: number
  readonly timestampMs: number
}

/** Undefined if compaction has emptied the batch, or if it is no marker that this code knows. */
export function endMarkerIn(batch: RecordBatch, codecs: BatchCodecs): AppendedMarker | undefined {
  const { producerId, producerEpoch, baseOffset: offset } = batch
  try {
    for (const record of batch.records(codecs)) {
      const control = parseControlRecord(record)
      if (control.type !== 'ABORT' && control.type !== 'COMMIT') return undefined
      const { coordinatorEpoch } = control
      const verdict = control.type === 'ABORT' ? 'abort' : 'commit'
      return { producerId, producerEpoch, coordinatorEpoch, verdict, offset, timestampMs: record.timestampMs }
    }
  } catch (error) {
    // Its checksum was right, so it was written like this: there is nothing to learn from it.
    if (!(error instanceof CorruptBatchError)) throw error
  }
  return undefined
}
