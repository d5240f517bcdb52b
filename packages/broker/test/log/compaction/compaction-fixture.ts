import {
  type Compression,
  endTransactionMarker,
  RecordBatch,
  RecordBatchBuilder,
  type TransactionResult,
} from '@millrace/protocol'
import {
  type CompactionPass,
  compactBatch,
  type LastOfProducer,
  mapKeys,
} from '../../../src/log/compaction/batch-compaction.ts'
import { BYTES_PER_KEY, OffsetMap } from '../../../src/log/compaction/offset-map.ts'
import { TransactionVerdicts } from '../../../src/log/compaction/transaction-verdicts.ts'
import { ProducerStates } from '../../../src/log/producers/producer-state.ts'
import type { AbortedSpan } from '../../../src/log/segment/transaction-index.ts'
import { codecs } from '../log-fixture.ts'

export interface RecordSpec {
  readonly key: string | null
  /** Null: a tombstone. */
  readonly value: string | null
  readonly timestampMs?: number
}

export interface BatchSpec {
  readonly records: readonly RecordSpec[]
  readonly producerId?: number
  readonly producerEpoch?: number
  readonly baseSequence?: number
  readonly transactional?: boolean
  readonly compression?: Compression
  readonly logAppendTimeMs?: number
}

export interface MarkerSpec {
  readonly marker: TransactionResult
  readonly producerId: number
  readonly producerEpoch?: number
  readonly timestampMs?: number
}

export function buildBatch(spec: BatchSpec | MarkerSpec): RecordBatch {
  if ('marker' in spec) {
    const { marker: result, producerId, producerEpoch = 0, timestampMs = 1_000 } = spec
    return new RecordBatch(
      endTransactionMarker({ result, producerId, producerEpoch, coordinatorEpoch: 0, timestampMs }, codecs),
    )
  }
  const { records, producerId = -1, producerEpoch = producerId < 0 ? -1 : 0, ...options } = spec
  const builder = new RecordBatchBuilder({ ...options, producerId, producerEpoch }, codecs)
  for (const { key, value, timestampMs = 1_000 } of records)
    builder.append({
      key: key === null ? null : Buffer.from(key),
      value: value === null ? null : Buffer.from(value),
      timestampMs,
      headers: [{ key: 'written as', value: Buffer.from(`${key}`) }],
    })
  return new RecordBatch(builder.build())
}

export interface SeenRecord {
  readonly offset: number
  readonly key: string | null
  readonly value: string | null
  readonly timestampMs: number
}

/** A log in memory, compacted by the same decisions as one on the disk, with all of it in one segment. */
export class MemoryLog {
  batches: RecordBatch[] = []
  endOffset = 0
  dirtyOffset = 0
  aborted: AbortedSpan[] = []
  readonly producers = new ProducerStates()

  append(...specs: readonly (BatchSpec | MarkerSpec)[]): this {
    for (const spec of specs) {
      const batch = buildBatch(spec)
      batch.assignOffsets(this.endOffset, 0)
      this.endOffset = batch.nextOffset
      this.batches.push(batch)
      const span = this.producers.replay(batch, 0, codecs)
      if (span !== undefined) this.aborted.push(span)
      this.producers.settle(this.endOffset)
    }
    return this
  }

  /** Compacts all that is decided. */
  compact({ nowMs = 1_000_000, deleteRetentionMs = 1_000, maxKeys = 1_024, endOffset = this.stableOffset } = {}): this {
    const latest = new OffsetMap({ maxBytes: maxKeys * BYTES_PER_KEY, loadFactor: 1 }, 7)
    const mapping = { latest, codecs, transactions: new TransactionVerdicts(codecs) }
    mapping.transactions.expect(this.aborted.filter(span => span.lastOffset >= this.dirtyOffset))
    const cleanable = this.batches.filter(batch => batch.nextOffset <= endOffset)
    const isWhole = cleanable
      .filter(batch => batch.lastOffset >= this.dirtyOffset)
      .every(batch => mapKeys(batch, this.dirtyOffset, mapping))
    if (isWhole) latest.latestOffset = endOffset - 1
    const transactions = new TransactionVerdicts(codecs)
    transactions.expect(this.aborted)
    const pass: CompactionPass = {
      latest,
      transactions,
      lastOfProducers: this.lastOfProducers(),
      endOffset,
      nowMs,
      deleteRetentionMs,
      codecs,
    }
    const results = cleanable.map(batch => compactBatch(batch, pass))
    this.batches = [
      ...results.flatMap(({ kept }) => kept ?? []),
      ...this.batches.filter(batch => batch.nextOffset > endOffset),
    ]
    this.aborted = [
      ...results.flatMap(({ abortedSpan }) => abortedSpan ?? []),
      ...this.aborted.filter(span => span.lastOffset >= endOffset),
    ]
    this.dirtyOffset = latest.latestOffset + 1
    return this
  }

  get stableOffset(): number {
    return this.producers.firstUndecidedOffset ?? this.endOffset
  }

  private lastOfProducers(): Map<number, LastOfProducer> {
    return new Map(
      Array.from(this.producers.values(), ({ producerId, producerEpoch, batches }) => [
        producerId,
        { producerEpoch, lastDataOffset: batches.at(-1)?.lastOffset ?? -1 },
      ]),
    )
  }

  /** What a consumer with read_committed gets, by the rules of a client: aborted spans in, markers out. */
  readCommitted(): SeenRecord[] {
    const aborted = [...this.aborted].sort((a, b) => a.firstOffset - b.firstOffset)
    const decided = this.batches.filter(batch => batch.baseOffset < this.stableOffset)
    return new CommittedReader().take(decided, aborted)
  }

  get offsets(): number[] {
    return this.batches.flatMap(batch => Array.from(batch.records(codecs), record => record.offset))
  }
}

/** Leaves out what was aborted, from fetch to fetch, as consumers with read_committed do. */
export class CommittedReader {
  private readonly aborting = new Set<number>()

  /** `aborted`: by first offset, as the broker tells with the batches. */
  take(
    batches: Iterable<RecordBatch>,
    aborted: readonly { readonly producerId: number; readonly firstOffset: number }[],
  ): SeenRecord[] {
    const { aborting } = this
    const ahead = [...aborted]
    const seen: SeenRecord[] = []
    for (const batch of batches) {
      while (ahead.length > 0 && ahead[0]!.firstOffset <= batch.lastOffset) aborting.add(ahead.shift()!.producerId)
      if (batch.isControl) aborting.delete(batch.producerId)
      else if (!(batch.isTransactional && aborting.has(batch.producerId))) seen.push(...recordsOf(batch))
    }
    return seen
  }
}

/** What the records come to, in their order. */
export function valuesOf(records: Iterable<SeenRecord>): Record<string, string> {
  const values: Record<string, string> = Object.create(null)
  for (const { key, value } of records)
    if (key !== null && value === null) delete values[key]
    else if (key !== null) values[key] = value!
  return values
}

export function recordsOf(batch: RecordBatch): SeenRecord[] {
  return Array.from(batch.records(codecs), ({ offset, key, value, timestampMs }) => ({
    offset,
    key: key === null ? null : key.toString(),
    value: value === null ? null : value.toString(),
    timestampMs,
  }))
}

/** One line per batch, to compare and to read. */
export function describeBatches(batches: Iterable<RecordBatch>): string[] {
  return Array.from(batches, batch => {
    const records = batch.isControl
      ? Array.from(batch.records(codecs), record => (record.key!.readInt16BE(2) === 0 ? 'abort' : 'commit'))
      : recordsOf(batch).map(({ offset, key, value }) => `${offset}:${key}${value === null ? '†' : `=${value}`}`)
    const horizon = batch.deleteHorizonMs === null ? '' : ` until ${batch.deleteHorizonMs}`
    const producer = batch.producerId < 0 ? '' : ` of ${batch.producerId}/${batch.producerEpoch}`
    return `${batch.baseOffset}–${batch.lastOffset}${producer}${horizon}: ${records.join(' ')}`.trimEnd()
  })
}
