/**
 * What a partition remembers of idempotent producers, to tell a retry from a gap (KIP-98, `ProducerStateManager`). Pure:
 * {@link ProducerStates.judge} decides, {@link ProducerStates.record} takes note of what was appended, live and at
 * recovery alike.
 */
import { ErrorCode } from '@millrace/protocol'

/** Batches of each producer that are known again; a producer has at most as many requests in flight. */
export const REMEMBERED_BATCHES = 5

const NO_EPOCH = -1
const SEQUENCES = 2 ** 31

/** The fields of a batch that matter here; `RecordBatch` has them. */
export interface SequencedBatch {
  readonly producerId: number
  readonly producerEpoch: number
  readonly baseSequence: number
  readonly lastSequence: number
  readonly lastOffsetDelta: number
  readonly lastOffset: number
  readonly maxTimestampMs: number
}

/** A batch that was appended. */
export interface RememberedBatch {
  readonly lastSequence: number
  readonly lastOffset: number
  /** `lastOffset` minus the first one, and `lastSequence` minus the first one. */
  readonly offsetDelta: number
  readonly timestampMs: number
}

export interface ProducerEntry {
  readonly producerId: number
  readonly producerEpoch: number
  /** Oldest first; at most {@link REMEMBERED_BATCHES}, empty after a control record alone. */
  readonly batches: readonly RememberedBatch[]
  /** Of the transaction coordinator that wrote the last marker, −1 before the first. */
  readonly coordinatorEpoch: number
  /** −1 without an open transaction. */
  readonly currentTransactionFirstOffset: number
  /** Greatest timestamp of the last batch. */
  readonly lastTimestampMs: number
  /** Wall clock of the last append, or of the start of the broker if that was later: what expiry counts from. */
  readonly lastSeenMs: number
}

export type SequenceVerdict =
  | { readonly kind: 'new' }
  | { readonly kind: 'duplicate'; readonly batch: RememberedBatch }
  | { readonly kind: 'refused'; readonly errorCode: number; readonly detail: string }

const NEW: SequenceVerdict = { kind: 'new' }

export class ProducerStates {
  private readonly entries = new Map<number, ProducerEntry>()

  get size(): number {
    return this.entries.size
  }

  values(): IterableIterator<ProducerEntry> {
    return this.entries.values()
  }

  get(producerId: number): ProducerEntry | undefined {
    return this.entries.get(producerId)
  }

  /** What to do with a batch of a client. A batch without a producer id is always new. */
  judge(batch: SequencedBatch): SequenceVerdict {
    const { producerId, producerEpoch, baseSequence, lastSequence } = batch
    const entry = producerId < 0 ? undefined : this.entries.get(producerId)
    if (entry === undefined) return NEW
    if (producerEpoch < entry.producerEpoch)
      return refused(
        ErrorCode.INVALID_PRODUCER_EPOCH,
        `producer ${producerId} has epoch ${producerEpoch}, the last one seen is ${entry.producerEpoch}`,
      )
    const last = entry.batches.at(-1)
    if (producerEpoch > entry.producerEpoch) {
      if (baseSequence === 0 || entry.producerEpoch === NO_EPOCH) return NEW
      return refused(
        ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER,
        `producer ${producerId} begins epoch ${producerEpoch} with sequence ${baseSequence} instead of 0`,
      )
    }
    const known = entry.batches.find(
      remembered => remembered.lastSequence === lastSequence && firstSequenceOf(remembered) === baseSequence,
    )
    if (known !== undefined) return { kind: 'duplicate', batch: known }
    const expected = last === undefined ? 0 : (last.lastSequence + 1) % SEQUENCES
    if (baseSequence === expected) return NEW
    return refused(
      ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER,
      `producer ${producerId} sends sequence ${baseSequence}, ${expected} is next`,
    )
  }

  /** Takes note of a batch in the log; its offsets are final. A batch without a producer id changes nothing. */
  record(batch: SequencedBatch, nowMs: number): void {
    const { producerId, producerEpoch, lastSequence, lastOffset, lastOffsetDelta, maxTimestampMs } = batch
    if (producerId < 0) return
    const entry = this.entries.get(producerId)
    const earlier = entry?.producerEpoch === producerEpoch ? entry.batches : []
    const remembered = { lastSequence, lastOffset, offsetDelta: lastOffsetDelta, timestampMs: maxTimestampMs }
    this.entries.set(producerId, {
      producerId,
      producerEpoch,
      batches: [...earlier.slice(1 - REMEMBERED_BATCHES), remembered],
      coordinatorEpoch: entry?.coordinatorEpoch ?? -1,
      currentTransactionFirstOffset: entry?.currentTransactionFirstOffset ?? -1,
      lastTimestampMs: maxTimestampMs,
      lastSeenMs: nowMs,
    })
  }

  /** Puts back an entry of a snapshot. */
  restore(entry: ProducerEntry): void {
    this.entries.set(entry.producerId, entry)
  }

  /**
   * Puts back the batches that a snapshot leaves out: it holds the last one of each producer only. `tail` are the log's last
   * batches in order, some of which the snapshot knows.
   */
  restoreEarlierBatches(tail: Iterable<SequencedBatch>): void {
    const seen = new ProducerStates()
    for (const batch of tail) seen.record(batch, 0)
    for (const { producerId, producerEpoch, batches } of seen.values()) {
      const entry = this.entries.get(producerId)
      if (entry?.producerEpoch !== producerEpoch || batches.length <= entry.batches.length) continue
      if (entry.batches.at(-1)?.lastOffset === batches.at(-1)?.lastOffset)
        this.entries.set(producerId, { ...entry, batches })
    }
  }

  /** Forgets producers without an open transaction that appended nothing for `expirationMs`. */
  expire(nowMs: number, expirationMs: number): void {
    for (const entry of this.entries.values())
      if (entry.currentTransactionFirstOffset < 0 && nowMs - entry.lastSeenMs >= expirationMs)
        this.entries.delete(entry.producerId)
  }
}

function firstSequenceOf({ lastSequence, offsetDelta }: RememberedBatch): number {
  return (lastSequence - offsetDelta + SEQUENCES) % SEQUENCES
}

function refused(errorCode: number, detail: string): SequenceVerdict {
  return { kind: 'refused', errorCode, detail }
}
