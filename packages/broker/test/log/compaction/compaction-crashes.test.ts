/**
 * A compacted log on a disk that stops anywhere in a pass, and anywhere in the recovery from that. Whatever the crash has
 * left, the log must end where it ended, hold nothing but what was appended, and give every key the value it had: the old
 * segments or the cleaned one, never a mix that loses a record or brings a deleted one back.
 */
import { CALM_DISK, type Platform, type SeededRandom, type SimulatedNode, Simulation } from '@millrace/platform'
import { batchesOf } from '@millrace/protocol'
import { expect, test } from 'vitest'
import { type CompactionReport, LogCleaner } from '../../../src/log/compaction/log-cleaner.ts'
import { LogManager } from '../../../src/log/directory/log-manager.ts'
import type { PartitionLog } from '../../../src/log/partition-log.ts'
import { codecs, logConfig, topicConfig } from '../log-fixture.ts'
import { buildBatch, CommittedReader, recordsOf, type SeenRecord, valuesOf } from './compaction-fixture.ts'

const SEEDS = 4
const STATES_PER_CRASH = 8
const LIVES = 3
const FAILING_SEEDS = 60
/** Enough of them that the latest values lie all over the log. */
const KEYS = 40
const COMMITTED = { isolation: 'read_committed', minOneBatch: true } as const
/** A pass makes fewer changes to the disk, a recovery too. */
const CHANGES_OF_A_PASS = 150
const CHANGES_OF_A_RECOVERY = 30

const PARTITION = {
  topic: 'states',
  topicId: 'b3JkZXJzb3JkZXJzb3JkZQ',
  partition: 0,
  config: topicConfig({
    'cleanup.policy': ['compact'],
    'segment.bytes': 500,
    'index.interval.bytes': 150,
    'min.cleanable.dirty.ratio': 0,
    'delete.retention.ms': 10,
    'file.delete.delay.ms': 5,
  }),
}

/** What was appended, and what it comes to. */
class Model {
  readonly records = new Map<number, SeenRecord>()
  endOffset = 0
  /** Of committed records, by key. */
  private readonly latest = new Map<string, number>()
  private readonly open = new Map<number, SeenRecord[]>()

  append(producerId: number | null, records: readonly SeenRecord[]): void {
    for (const record of records) this.records.set(record.offset, record)
    if (producerId === null) this.commit(records)
    else this.open.set(producerId, [...(this.open.get(producerId) ?? []), ...records])
  }

  end(producerId: number, verdict: 'commit' | 'abort'): void {
    if (verdict === 'commit') this.commit(this.open.get(producerId) ?? [])
    this.open.delete(producerId)
  }

  get expected(): Record<string, string> {
    return valuesOf(Array.from(this.latest.values(), offset => this.records.get(offset)!))
  }

  private commit(records: readonly SeenRecord[]): void {
    for (const { key, offset } of records) this.latest.set(key!, Math.max(offset, this.latest.get(key!) ?? -1))
  }
}

async function open(platform: Platform): Promise<{ logs: LogManager; log: PartitionLog }> {
  const logs = await LogManager.open(platform, logConfig({ 'log.dirs': '/data', 'log.cleaner.backoff.ms': 1 }))
  await logs.openAll([PARTITION])
  return { logs, log: logs.get('states', 0)! }
}

/** Appends at random and ends all transactions. */
async function write(log: PartitionLog, model: Model, random: SeededRandom, platform: Platform, life: number) {
  const sequences = new Map<number, number>()
  const producers = [life * 10 + 1, life * 10 + 2]
  const end = (producerId: number) => {
    const verdict = random.pick(['commit', 'abort'] as const)
    log.appendMarker({ producerId, producerEpoch: 0, coordinatorEpoch: 0, verdict }, platform.clock.nowMs())
    model.end(producerId, verdict)
  }
  for (let step = 0; step < 30; step++) {
    const producerId = random.pick([null, ...producers])
    if (producerId !== null && random.chance(0.3) && log.hasOpenTransaction(producerId, 0)) end(producerId)
    const records = Array.from({ length: 1 + random.integer(3) }, (_, index) => ({
      key: `k${random.integer(KEYS)}`,
      value: random.chance(0.3) ? null : `${life}.${step}.${index}`,
      timestampMs: platform.clock.nowMs(),
    }))
    const baseSequence = sequences.get(producerId ?? -1) ?? 0
    if (producerId !== null) sequences.set(producerId, baseSequence + records.length)
    const stamp = producerId === null ? {} : { producerId, baseSequence, transactional: true }
    const batch = buildBatch({ records, ...stamp })
    log.append(batch, platform.clock.nowMs())
    model.append(producerId, recordsOf(batch))
  }
  for (const producerId of producers) if (log.hasOpenTransaction(producerId, 0)) end(producerId)
  model.endOffset = log.logEndOffset
  await log.synced(log.logEndOffset)
}

async function compare(log: PartitionLog, model: Model): Promise<void> {
  expect(log.logEndOffset).toBe(model.endOffset)
  expect(log.lastStableOffset).toBe(model.endOffset)
  const reader = new CommittedReader()
  const seen: SeenRecord[] = []
  for (let offset = log.logStartOffset; offset < model.endOffset; ) {
    const { chunks, abortedTransactions } = await log.read(offset, 300, COMMITTED)
    const batches = [...batchesOf(chunks[0]!)]
    for (const batch of batches) expect(batch.hasValidChecksum(codecs)).toBe(true)
    seen.push(...reader.take(batches, abortedTransactions!))
    offset = batches.at(-1)!.nextOffset
  }
  for (const record of seen) expect(record).toEqual(model.records.get(record.offset))
  expect(valuesOf(seen)).toEqual(model.expected)
}

async function crashInPasses(seed: number, counts: { states: number; inSwap: number }): Promise<void> {
  const simulation = new Simulation({ seed, codecs })
  const node = simulation.node('broker')
  node.keepsCrashScene = true
  const random = simulation.random.split('crashes')
  const model = new Model()
  for (let life = 0; life < LIVES; life++) {
    if (!node.isUp) node.start()
    const kind = random.pick(['kill', 'power'] as const)
    const reports: CompactionReport[] = []
    const run = async () => {
      const { logs, log } = await open(node.platform)
      await write(log, model, simulation.random.split(`life ${life}`), node.platform, life)
      node.crashDuringWrite(kind, random.integer(CHANGES_OF_A_PASS))
      new LogCleaner(logs, report => reports.push(report)).start()
    }
    await simulation.complete(run())
    await simulation.run(() => !node.isUp || reports.length > 0)
    expect(reports.filter(report => report.kind !== 'compacted')).toEqual([])
    if (node.isUp) node.crash(kind)
    const scene = node.crashScene!
    for (let state = 0; state < STATES_PER_CRASH; state++) {
      node.crashAgainFrom(scene, random.chance(0.3) ? 'kill' : 'power')
      await judge(simulation, node, model, random, counts)
    }
  }
}

async function judge(
  simulation: Simulation,
  node: SimulatedNode,
  model: Model,
  random: SeededRandom,
  counts: { states: number; inSwap: number },
): Promise<void> {
  if (random.chance(0.5)) {
    const platform = node.start()
    if (platform.files.list('/data/states-0').some(name => name.endsWith('.swap'))) counts.inSwap++
    node.crashDuringWrite(random.pick(['kill', 'power']), random.integer(CHANGES_OF_A_RECOVERY))
    let isOpen = false
    open(platform).then(() => (isOpen = true))
    await simulation.run(() => !node.isUp || isOpen)
    if (node.isUp) node.crash('power')
  }
  const platform = node.start()
  const { logs, log } = await simulation.complete(open(platform))
  await simulation.complete(compare(log, model))
  expect(platform.files.list('/data/states-0').filter(name => /\.(cleaned|swap|deleted)$/.test(name))).toEqual([])
  // What comes next builds on what was left.
  if (random.chance(0.3)) {
    const reports: CompactionReport[] = []
    const cleaner = new LogCleaner(logs, report => reports.push(report))
    cleaner.start()
    await simulation.runFor(100)
    await simulation.complete(cleaner.stop())
    expect(reports.filter(report => report.kind !== 'compacted')).toEqual([])
    await simulation.complete(compare(log, model))
  }
  counts.states++
  node.crash('kill')
}

test(`${SEEDS * LIVES} crashes in a pass of compaction lose nothing and bring nothing back`, async () => {
  const counts = { states: 0, inSwap: 0 }
  for (let seed = 1; seed <= SEEDS; seed++)
    await crashInPasses(seed, counts).catch(error => {
      throw new Error(`seed ${seed}`, { cause: error })
    })
  expect(counts.states).toBe(SEEDS * LIVES * STATES_PER_CRASH)
  expect(counts.inSwap).toBeGreaterThan(0)
})

/** A pass on a disk that refuses some of what is asked of it, then a crash. */
async function failInPass(seed: number): Promise<'compacted' | 'gave up' | 'offline'> {
  const simulation = new Simulation({ seed: `errors ${seed}`, codecs })
  const node = simulation.node('broker')
  const random = simulation.random.split('errors')
  const model = new Model()
  const { platform } = node
  const { logs, log } = await simulation.complete(open(platform))
  await simulation.complete(write(log, model, simulation.random.split('life'), platform, 0))
  const reports: CompactionReport[] = []
  const cleaner = new LogCleaner(logs, report => reports.push(report))
  cleaner.start()
  const isOver = () => reports.length > 0 || !log.isOnline
  // Half of the time not before segments are being replaced.
  const isReplacing = () => platform.files.list('/data/states-0').some(name => name.endsWith('.swap'))
  const isLate = random.chance(0.5)
  if (isLate) await simulation.run(() => isReplacing() || isOver())
  const about = (rate: number) => random.pick([0, rate, (isLate ? 5 : 2) * rate])
  node.diskConditions = {
    ...CALM_DISK,
    syncErrorRate: about(0.1),
    readErrorRate: about(0.02),
    writeErrorRate: about(0.01),
  }
  await simulation.run(isOver)
  // A failed pass cleans up after itself.
  await simulation.runFor(100)
  const outcome = !log.isOnline ? 'offline' : reports[0]!.kind === 'compacted' ? 'compacted' : 'gave up'
  node.diskConditions = CALM_DISK
  node.crash(random.pick(['kill', 'power']))
  await judge(simulation, node, model, random, { states: 0, inSwap: 0 })
  return outcome
}

test('errors of the disk in a pass of compaction lose nothing and bring nothing back', async () => {
  const outcomes = new Set<string>()
  for (let seed = 1; seed <= FAILING_SEEDS; seed++)
    outcomes.add(
      await failInPass(seed).catch(error => {
        throw new Error(`seed ${seed}`, { cause: error })
      }),
    )
  expect([...outcomes].sort()).toEqual(['compacted', 'gave up', 'offline'])
})
