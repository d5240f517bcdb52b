/**
 * Consumers that begin anywhere in time and read a compacted log from its start, a little at a time from a slow disk, while
 * it is appended to, compacted and deleted from: each must end with the latest value of every key.
 */
import { type Platform, type SeededRandom, Simulation, troubledDisk } from '@millrace/platform'
import { batchesOf } from '@millrace/protocol'
import { expect, test } from 'vitest'
import { LogCleaner } from '../../../src/log/compaction/log-cleaner.ts'
import { LogManager } from '../../../src/log/directory/log-manager.ts'
import type { PartitionLog } from '../../../src/log/partition-log.ts'
import { codecs, logConfig, topicConfig } from '../log-fixture.ts'
import { buildBatch, CommittedReader, type SeenRecord, valuesOf } from './compaction-fixture.ts'

const SEEDS = 3
const KEYS = 20
const CONSUMERS = 6
const STEPS = 150
const COMMITTED = { isolation: 'read_committed', minOneBatch: true } as const
const CONFIG = topicConfig({
  'cleanup.policy': ['compact'],
  'segment.bytes': 600,
  'index.interval.bytes': 150,
  'min.cleanable.dirty.ratio': 0.1,
  'file.delete.delay.ms': 30_000,
})

/** Keeps what it was given. */
class Consumer {
  readonly records: SeenRecord[] = []
  position = 0
  private readonly reader = new CommittedReader()

  async read(log: PartitionLog, maxBytes: number): Promise<void> {
    const { chunks, abortedTransactions } = await log.read(this.position, maxBytes, COMMITTED)
    const batches = chunks.flatMap(chunk => [...batchesOf(chunk)])
    for (const batch of batches) expect(batch.hasValidChecksum(codecs)).toBe(true)
    const seen = this.reader.take(batches, abortedTransactions!)
    this.records.push(...seen.filter(({ offset }) => offset >= this.position))
    this.position = batches.at(-1)?.nextOffset ?? this.position
  }
}

async function appendAtRandom(log: PartitionLog, random: SeededRandom, { clock, timers }: Platform): Promise<void> {
  const sequences = [0, 0]
  for (let step = 0; step < STEPS; step++) {
    const producerId = random.integer(3) - 1
    if (producerId >= 0 && random.chance(0.3) && log.hasOpenTransaction(producerId, 0)) {
      const verdict = random.pick(['commit', 'abort'] as const)
      log.appendMarker({ producerId, producerEpoch: 0, coordinatorEpoch: 0, verdict }, clock.nowMs())
    }
    const records = Array.from({ length: 1 + random.integer(3) }, (_, index) => ({
      key: `k${random.integer(KEYS)}`,
      value: random.chance(0.2) ? null : `${step}.${index}`,
      timestampMs: clock.nowMs(),
    }))
    const stamp = producerId < 0 ? {} : { producerId, baseSequence: sequences[producerId]!, transactional: true }
    if (producerId >= 0) sequences[producerId]! += records.length
    const batch = buildBatch({ records, ...stamp })
    log.append(batch, clock.nowMs())
    await timers.sleep(1 + random.integer(40))
  }
  for (const producerId of [0, 1])
    if (log.hasOpenTransaction(producerId, 0))
      log.appendMarker({ producerId, producerEpoch: 0, coordinatorEpoch: 0, verdict: 'commit' }, clock.nowMs())
  await log.synced(log.logEndOffset)
}

async function consume(log: PartitionLog, random: SeededRandom, { timers }: Platform, isOver: () => boolean) {
  const consumer = new Consumer()
  await timers.sleep(random.integer(3_000) + 1)
  while (!isOver() || consumer.position < log.logEndOffset) {
    await consumer.read(log, 1 + random.integer(500))
    if (random.chance(0.7)) await timers.sleep(1 + random.integer(100))
  }
  return consumer
}

async function runSeed(seed: number): Promise<number> {
  const simulation = new Simulation({ seed, codecs })
  const node = simulation.node('broker')
  node.diskConditions = troubledDisk(simulation.random.split('disk'))
  const { platform } = node
  const random = simulation.random.split('workload')
  const logs = await simulation.complete(
    LogManager.open(platform, logConfig({ 'log.dirs': '/data', 'log.cleaner.backoff.ms': 50 })),
  )
  const partition = { topic: 'states', topicId: 'b3JkZXJzb3JkZXJzb3JkZQ', partition: 0, config: CONFIG }
  await simulation.complete(logs.openAll([partition]))
  const log = logs.get('states', 0)!
  let passes = 0
  const cleaner = new LogCleaner(logs, report => {
    expect(report.kind).toBe('compacted')
    passes++
  })
  cleaner.start()
  let isOver = false
  const consumers = Array.from({ length: CONSUMERS }, (_, index) =>
    consume(log, random.split(`consumer ${index}`), platform, () => isOver),
  )
  const appended = appendAtRandom(log, random.split('producers'), platform).then(() => {
    isOver = true
  })
  const late = appended.then(() => consume(log, random.split('late'), platform, () => true))
  const all = await simulation.complete(Promise.all([...consumers, late]))
  const [reference] = all
  for (const { records } of all) expect(valuesOf(records)).toEqual(valuesOf(reference!.records))
  await simulation.complete(cleaner.stop())
  return passes
}

test('consumers of a log that is being compacted all end with the same values', async () => {
  let passes = 0
  for (let seed = 1; seed <= SEEDS; seed++)
    passes += await runSeed(seed).catch(error => {
      throw new Error(`seed ${seed}`, { cause: error })
    })
  expect(passes).toBeGreaterThan(SEEDS)
})
