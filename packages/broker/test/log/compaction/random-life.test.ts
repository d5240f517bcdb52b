/**
 * Everything that can happen to a compacted log, in any order: records, transactions, passes that run beside them, deletion
 * of records and of old segments, restarts of all kinds. After each step the log is held against what it was told.
 */
import { type SimulatedNode, Simulation } from '@millrace/platform'
import { batchesOf } from '@millrace/protocol'
import { expect, test } from 'vitest'
import { LogCleaner } from '../../../src/log/compaction/log-cleaner.ts'
import { LogManager } from '../../../src/log/directory/log-manager.ts'
import type { PartitionLog } from '../../../src/log/partition-log.ts'
import { codecs, logConfig, topicConfig } from '../log-fixture.ts'
import { buildBatch, CommittedReader, recordsOf, type SeenRecord, valuesOf } from './compaction-fixture.ts'

const SEEDS = 5
const STEPS = 80
const KEYS = 20
const PRODUCERS = [1, 2, 3]
const COMMITTED = { isolation: 'read_committed', minOneBatch: true } as const

interface Producer {
  epoch: number
  nextSequence: number
  /** To be sent again, and its place. */
  last: { readonly baseSequence: number; readonly records: readonly SeenRecord[] } | undefined
  open: SeenRecord[]
}

class Life {
  readonly simulation: Simulation
  private readonly node: SimulatedNode
  private readonly random
  private logs!: LogManager
  private log!: PartitionLog
  private cleaner!: LogCleaner
  private readonly written = new Map<number, SeenRecord>()
  private readonly committed = new Set<number>()
  private readonly producers = new Map<number, Producer>()
  private startOffset = 0
  passes = 0

  constructor(private readonly seed: number) {
    this.simulation = new Simulation({ seed, codecs })
    this.node = this.simulation.node('broker')
    this.random = this.simulation.random.split('life')
    for (const id of PRODUCERS) this.producers.set(id, { epoch: 0, nextSequence: 0, last: undefined, open: [] })
  }

  async run(): Promise<void> {
    await this.open()
    for (let step = 0; step < STEPS; step++) {
      await this.step(step)
      await this.compare()
    }
  }

  private async open(): Promise<void> {
    const { platform } = this.node
    const settings = { 'log.dirs': '/data', 'log.cleaner.backoff.ms': 20 }
    this.logs = await this.simulation.complete(LogManager.open(platform, logConfig(settings)))
    const config = topicConfig({
      'cleanup.policy': ['compact', 'delete'],
      'retention.ms': -1,
      'retention.bytes': this.seed % 2 === 0 ? 4_000 : -1,
      'segment.bytes': 600,
      'index.interval.bytes': 150,
      'min.cleanable.dirty.ratio': 0.2,
      'delete.retention.ms': 30,
      'file.delete.delay.ms': 10,
    })
    const partition = { topic: 'states', topicId: 'b3JkZXJzb3JkZXJzb3JkZQ', partition: 0, config }
    await this.simulation.complete(this.logs.openAll([partition]))
    this.log = this.logs.get('states', 0)!
    this.cleaner = new LogCleaner(this.logs, report => {
      expect(report.kind).toBe('compacted')
      this.passes++
    })
    this.cleaner.start()
  }

  private async step(step: number): Promise<void> {
    const choice = this.random.integer(20)
    if (choice < 11) await this.write(step)
    else if (choice < 14) await this.endTransaction()
    else if (choice < 16) await this.simulation.runFor(this.random.integer(60))
    else if (choice === 16) this.retry()
    else if (choice === 17) await this.deleteRecords()
    else if (choice === 18) await this.simulation.complete(this.log.deleteOldSegments(0))
    else await this.restart()
    this.startOffset = Math.max(this.startOffset, this.log.logStartOffset)
  }

  private get nowMs(): number {
    return this.node.platform.clock.nowMs()
  }

  private async write(step: number): Promise<void> {
    const producerId = this.random.pick([-1, ...PRODUCERS])
    const specs = Array.from({ length: 1 + this.random.integer(4) }, (_, index) => ({
      key: `k${this.random.integer(KEYS)}`,
      value: this.random.chance(0.25) ? null : `${step}.${index}`,
      timestampMs: this.nowMs,
    }))
    const producer = this.producers.get(producerId)
    const transactional = producer !== undefined && (producer.open.length > 0 || producerId !== 1)
    const batch = buildBatch({
      records: specs,
      ...(producer && {
        producerId,
        producerEpoch: producer.epoch,
        baseSequence: producer.nextSequence,
        transactional,
      }),
      compression: this.random.pick(['none', 'lz4'] as const),
    })
    const { isDuplicate } = this.log.append(batch, this.nowMs)
    expect(isDuplicate).toBe(false)
    const records = recordsOf(batch)
    for (const record of records) this.written.set(record.offset, record)
    if (producer !== undefined) {
      producer.last = { baseSequence: producer.nextSequence, records }
      producer.nextSequence += records.length
    }
    if (transactional) producer.open.push(...records)
    else this.commit(records)
    await this.synced()
  }

  /** The last batch of a producer comes again, however much of it compaction has left. */
  private retry(): void {
    const [producerId, { epoch: producerEpoch, last, open }] = this.random.pick([...this.producers])
    if (last === undefined) return
    const transactional = producerId !== 1 || open.length > 0
    const batch = buildBatch({ ...last, producerId, producerEpoch, transactional })
    const { isDuplicate, baseOffset } = this.log.append(batch, this.nowMs)
    expect([isDuplicate, baseOffset]).toEqual([true, last.records[0]!.offset])
  }

  private async endTransaction(): Promise<void> {
    const [producerId, producer] = this.random.pick([...this.producers].filter(([id]) => id !== 1))
    if (producer.open.length === 0 && this.random.chance(0.8)) return
    const verdict = this.random.pick(['commit', 'abort'] as const)
    if (this.random.chance(0.5))
      Object.assign(producer, { epoch: producer.epoch + 1, nextSequence: 0, last: undefined })
    const end = { producerId, producerEpoch: producer.epoch, coordinatorEpoch: 0, verdict }
    this.log.appendMarker(end, this.nowMs)
    if (verdict === 'commit') this.commit(producer.open)
    producer.open = []
    await this.synced()
  }

  private commit(records: readonly SeenRecord[]): void {
    for (const { offset } of records) this.committed.add(offset)
  }

  private async deleteRecords(): Promise<void> {
    const { logStartOffset, highWatermark } = this.log
    const offset = logStartOffset + this.random.integer(Math.max(1, Math.floor((highWatermark - logStartOffset) / 4)))
    expect(await this.simulation.complete(this.log.deleteRecordsBefore(offset))).toBe(offset)
  }

  private async restart(): Promise<void> {
    const how = this.random.pick(['stop', 'kill', 'power'] as const)
    const { logEndOffset } = this.log
    if (how === 'stop') {
      await this.simulation.complete(this.cleaner.stop())
      await this.simulation.complete(this.logs.close())
    } else {
      this.node.crash(how)
      this.node.start()
    }
    await this.open()
    expect(this.log.logEndOffset).toBe(logEndOffset)
  }

  private async synced(): Promise<void> {
    await this.simulation.complete(this.log.synced(this.log.logEndOffset))
  }

  private async compare(): Promise<void> {
    const { log } = this
    // Deleted segments may come back with a crash, records that were asked to go may not.
    expect(log.logStartOffset).toBeLessThanOrEqual(this.startOffset)
    this.startOffset = log.logStartOffset
    const undecided = Array.from(this.producers.values(), ({ open }) => open.map(({ offset }) => offset)).flat()
    const { logStartOffset, logEndOffset, lastStableOffset } = log
    // A restart knows nothing of the part of an open transaction that was deleted.
    const remaining = undecided.filter(offset => offset >= logStartOffset)
    expect(lastStableOffset).toBeGreaterThanOrEqual(Math.max(logStartOffset, Math.min(logEndOffset, ...undecided)))
    expect(lastStableOffset).toBeLessThanOrEqual(Math.min(logEndOffset, ...remaining))
    const seen = await this.readCommitted()
    for (const record of seen) expect(record).toEqual(this.written.get(record.offset))
    expect(valuesOf(seen)).toEqual(this.expectedValues())
  }

  private async readCommitted(): Promise<SeenRecord[]> {
    const { log } = this
    const reader = new CommittedReader()
    const seen: SeenRecord[] = []
    for (let offset = log.logStartOffset; offset < log.lastStableOffset; ) {
      const read = Promise.resolve(log.read(offset, 1 + this.random.integer(600), COMMITTED))
      const { chunks, abortedTransactions } = await this.simulation.complete(read)
      const batches = [...batchesOf(chunks[0]!)]
      seen.push(...reader.take(batches, abortedTransactions!))
      // Old segments may go meanwhile.
      offset = Math.max(batches.at(-1)!.nextOffset, log.logStartOffset)
    }
    return seen.filter(record => record.offset >= log.logStartOffset)
  }

  /** As a reader has to find them who may read up to the last stable offset. */
  private expectedValues(): Record<string, string> {
    const { logStartOffset, lastStableOffset } = this.log
    const visible = [...this.committed].filter(offset => offset >= logStartOffset && offset < lastStableOffset)
    return valuesOf(visible.sort((a, b) => a - b).map(offset => this.written.get(offset)!))
  }
}

test(`${SEEDS} random lives of a log`, async () => {
  let passes = 0
  for (let seed = 1; seed <= SEEDS; seed++) {
    const life = new Life(seed)
    await life.run().catch(error => {
      throw new Error(`seed ${seed}`, { cause: error })
    })
    passes += life.passes
  }
  expect(passes).toBeGreaterThan(SEEDS)
})
