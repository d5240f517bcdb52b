/**
 * What a partition remembers of producers, to tell a retry from a gap and to know which transactions are open (KIP-98,
 * `ProducerStateManager`). Pure: {@link ProducerStates.judge} decides, {@link ProducerStates.record} takes note of what was
 * appended, live and at recovery alike; likewise for markers.
 */
import { type BatchCodecs, ErrorCode, type RecordBatch } from '@millrace/protocol'
import type { AbortedSpan } from '../segment/transaction-index.ts'
import { type AppendedMarker, type EndMarker, endMarkerIn } from './end-marker.ts'
import { UndecidedTransactions } from './undecided-transactions.ts'

/** Batches of each producer that are known again; a producer has at most as many requests in flight. */
export const REMEMBERED_BATCHES = 5

const NO_EPOCH = -1
/** Sequences continue with 0 behind 2^31−1. */
export const SEQUENCES = 2 ** 31

/** The fields of a batch that matter here; `RecordBatch` has them. */
export interface SequencedBatch {
  readonly producerId: number
  readonly producerEpoch: number
  readonly baseSequence: number
  readonly lastSequence: number
  readonly lastOffsetDelta: number
  readonly lastOffset: number
  readonly maxTimestampMs: number
  readonly isTransactional: boolean
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

export type MarkerVerdict = Exclude<SequenceVerdict, { readonly kind: 'duplicate' }>

const NEW = { kind: 'new' } as const

/** Whose markers always carry an epoch above the one of the transaction's records (KIP-890). */
const FIRST_TRANSACTION_VERSION_WITH_BUMPS = 2

export class ProducerStates {
  private readonly entries = new Map<number, ProducerEntry>()
  private readonly undecided = new UndecidedTransactions()

  get size(): number {
    return this.entries.size
  }

  values(): IterableIterator<ProducerEntry> {
    return this.entries.values()
  }

  get(producerId: number): ProducerEntry | undefined {
    return this.entries.get(producerId)
  }

  /** Where the earliest transaction begins that is open or whose marker is not {@link settle}d. */
  get firstUndecidedOffset(): number | undefined {
    return this.undecided.firstOffset
  }

  /** What to do with a batch of records. Without a producer id it is always new; the broker's own have no sequence. */
  judge(batch: SequencedBatch): SequenceVerdict {
    const { producerId, producerEpoch, baseSequence, isTransactional } = batch
    const entry = producerId < 0 ? undefined : this.entries.get(producerId)
    if (entry === undefined) return NEW
    if (producerEpoch < entry.producerEpoch) return staleEpoch(batch, entry)
    const verdict = baseSequence < 0 ? NEW : judgeSequence(batch, entry)
    if (verdict.kind !== 'new' || isTransactional || entry.currentTransactionFirstOffset < 0) return verdict
    return refused(
      ErrorCode.INVALID_TXN_STATE,
      `producer ${producerId} writes outside its transaction, which is open since ${entry.currentTransactionFirstOffset}`,
    )
  }

  /**
   * What to do with a marker. `transactionVersion`: of the producer (feature `transaction.version`); from 2 on a marker that
   * does not raise the epoch is a late one, unless it repeats the one that ended the last transaction.
   */
  judgeMarker(marker: EndMarker, transactionVersion: number): MarkerVerdict {
    const entry = this.entries.get(marker.producerId)
    if (entry === undefined) return NEW
    const hasToRaise =
      transactionVersion >= FIRST_TRANSACTION_VERSION_WITH_BUMPS && entry.currentTransactionFirstOffset >= 0
    if (marker.producerEpoch < entry.producerEpoch + (hasToRaise ? 1 : 0)) return staleEpoch(marker, entry)
    if (marker.coordinatorEpoch >= entry.coordinatorEpoch) return NEW
    return refused(
      ErrorCode.TRANSACTION_COORDINATOR_FENCED,
      `marker of coordinator epoch ${marker.coordinatorEpoch} for producer ${marker.producerId}, the last one seen is ${entry.coordinatorEpoch}`,
    )
  }

  /** Whether the producer, of this epoch, has records here that no marker has decided. */
  hasOpenTransaction(producerId: number, producerEpoch: number): boolean {
    const entry = this.entries.get(producerId)
    return entry?.producerEpoch === producerEpoch && entry.currentTransactionFirstOffset >= 0
  }

  /** Markers below `highWatermark` have taken effect. */
  settle(highWatermark: number): void {
    this.undecided.settle(highWatermark)
  }

  /** Takes note of a batch of the log at recovery. What it ended, if that was rolled back. */
  replay(batch: RecordBatch, nowMs: number, codecs: BatchCodecs): AbortedSpan | undefined {
    if (!batch.isControl) {
      this.record(batch, nowMs)
      return undefined
    }
    const marker = endMarkerIn(batch, codecs)
    if (marker !== undefined) return this.recordMarker(marker, nowMs)
    if (batch.recordCount === 0) this.recordEmptied(batch, nowMs)
    return undefined
  }

  /** Compaction has emptied a marker after all that it decided was gone. What is left of it is the epoch that fences. */
  private recordEmptied({ producerId, producerEpoch, baseOffset, maxTimestampMs }: RecordBatch, nowMs: number): void {
    const { coordinatorEpoch = -1 } = this.entries.get(producerId) ?? {}
    const marker = { producerId, producerEpoch, coordinatorEpoch, verdict: 'commit' } as const
    this.recordMarker({ ...marker, offset: baseOffset, timestampMs: maxTimestampMs }, nowMs)
  }

  /** Takes note of records in the log; their offsets are final. A batch without a producer id changes nothing. */
  record(batch: SequencedBatch, nowMs: number): void {
    const { producerId, producerEpoch, lastSequence, lastOffset, lastOffsetDelta, maxTimestampMs } = batch
    if (producerId < 0) return
    const entry = this.entries.get(producerId)
    const firstOffset = lastOffset - lastOffsetDelta
    const openSince = entry?.currentTransactionFirstOffset ?? -1
    const beginsTransaction = batch.isTransactional && openSince < 0
    if (beginsTransaction) this.undecided.begin(producerId, firstOffset)
    const earlier = entry?.producerEpoch === producerEpoch ? entry.batches : []
    const remembered = { lastSequence, lastOffset, offsetDelta: lastOffsetDelta, timestampMs: maxTimestampMs }
    this.entries.set(producerId, {
      producerId,
      producerEpoch,
      batches: [...earlier.slice(1 - REMEMBERED_BATCHES), remembered],
      coordinatorEpoch: entry?.coordinatorEpoch ?? -1,
      currentTransactionFirstOffset: beginsTransaction ? firstOffset : openSince,
      lastTimestampMs: maxTimestampMs,
      lastSeenMs: nowMs,
    })
  }

  /** Takes note of a marker in the log. What it ended, if that was rolled back. */
  recordMarker(marker: AppendedMarker, nowMs: number): AbortedSpan | undefined {
    const { producerId, producerEpoch, coordinatorEpoch, verdict, offset, timestampMs } = marker
    const entry = this.entries.get(producerId)
    this.entries.set(producerId, {
      producerId,
      producerEpoch,
      batches: entry?.producerEpoch === producerEpoch ? entry.batches : [],
      coordinatorEpoch,
      currentTransactionFirstOffset: -1,
      lastTimestampMs: timestampMs,
      lastSeenMs: nowMs,
    })
    const firstOffset = entry?.currentTransactionFirstOffset ?? -1
    if (firstOffset < 0) return undefined
    this.undecided.end(firstOffset, offset)
    if (verdict === 'commit') return undefined
    const lastStableOffset = this.undecided.firstOpenOffset ?? offset + 1
    return { producerId, firstOffset, lastOffset: offset, lastStableOffset }
  }

  /** Puts back the entries of a snapshot, into an empty state. */
  restore(entries: Iterable<ProducerEntry>): void {
    const openOnes: ProducerEntry[] = []
    for (const entry of entries) {
      this.entries.set(entry.producerId, entry)
      if (entry.currentTransactionFirstOffset >= 0) openOnes.push(entry)
    }
    openOnes.sort((a, b) => a.currentTransactionFirstOffset - b.currentTransactionFirstOffset)
    for (const entry of openOnes) this.undecided.begin(entry.producerId, entry.currentTransactionFirstOffset)
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

function judgeSequence(batch: SequencedBatch, entry: ProducerEntry): SequenceVerdict {
  const { producerId, producerEpoch, baseSequence, lastSequence } = batch
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
  const last = entry.batches.at(-1)
  const expected = last === undefined ? 0 : (last.lastSequence + 1) % SEQUENCES
  if (baseSequence === expected) return NEW
  return refused(
    ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER,
    `producer ${producerId} sends sequence ${baseSequence}, ${expected} is next`,
  )
}

function staleEpoch(
  { producerId, producerEpoch }: Pick<SequencedBatch, 'producerId' | 'producerEpoch'>,
  entry: ProducerEntry,
): MarkerVerdict {
  return refused(
    ErrorCode.INVALID_PRODUCER_EPOCH,
    `producer ${producerId} has epoch ${producerEpoch}, the last one seen is ${entry.producerEpoch}`,
  )
}

export function firstSequenceOf({ lastSequence, offsetDelta }: RememberedBatch): number {
  return (lastSequence - offsetDelta + SEQUENCES) % SEQUENCES
}

function refused(errorCode: number, detail: string): MarkerVerdict {
  return { kind: 'refused', errorCode, detail }
}
