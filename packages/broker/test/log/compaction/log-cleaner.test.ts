import { CALM_DISK, type SimulatedNode, Simulation } from '@millrace/platform'
import { batchesOf, type RecordBatch } from '@millrace/protocol'
import { describe, expect, test } from 'vitest'
import type { TopicConfig } from '../../../src/config/topic-config.ts'
import { type CompactionReport, LogCleaner } from '../../../src/log/compaction/log-cleaner.ts'
import { LogManager } from '../../../src/log/directory/log-manager.ts'
import type { PartitionLog } from '../../../src/log/partition-log.ts'
import { codecs, logConfig, topicConfig } from '../log-fixture.ts'
import { type BatchSpec, buildBatch, describeBatches, recordsOf } from './compaction-fixture.ts'

const BACKOFF_MS = 1_000
const COMPACTED = topicConfig({
  'cleanup.policy': ['compact'],
  'segment.bytes': 400,
  'index.interval.bytes': 100,
  'file.delete.delay.ms': 10_000,
  'retention.ms': -1,
})

/** A machine with compacted logs, `states-0` and more if asked for, and a cleaner that looks at them every second. */
class Machine {
  readonly simulation = new Simulation({ seed: 1, codecs })
  readonly node: SimulatedNode = this.simulation.node('broker')
  readonly reports: CompactionReport[] = []
  logs!: LogManager
  cleaner!: LogCleaner

  static async start(
    options: { topic?: Partial<TopicConfig>; log?: Record<string, unknown>; partitions?: number } = {},
  ) {
    const machine = new Machine(options)
    await machine.open()
    return machine
  }

  private constructor(
    private readonly options: { topic?: Partial<TopicConfig>; log?: Record<string, unknown>; partitions?: number },
  ) {}

  async open(): Promise<void> {
    const { topic = {}, log = {}, partitions = 1 } = this.options
    const config = logConfig({ 'log.dirs': '/data', 'log.cleaner.backoff.ms': BACKOFF_MS, ...log })
    this.logs = await this.simulation.complete(LogManager.open(this.node.platform, config))
    const named = { topic: 'states', topicId: 'b3JkZXJzb3JkZXJzb3JkZQ', config: { ...COMPACTED, ...topic } }
    const all = Array.from({ length: partitions }, (_, partition) => ({ ...named, partition }))
    await this.simulation.complete(this.logs.openAll(all))
    this.cleaner = new LogCleaner(this.logs, report => this.reports.push(report))
    this.cleaner.start()
  }

  async crash(kind: 'kill' | 'power'): Promise<void> {
    this.node.crash(kind)
    this.node.start()
    await this.open()
  }

  async stop(): Promise<void> {
    await this.simulation.complete(this.cleaner.stop())
    await this.simulation.complete(this.logs.close())
  }

  get log(): PartitionLog {
    return this.partition(0)
  }
  partition(partition: number): PartitionLog {
    return this.logs.get('states', partition)!
  }

  append(log: PartitionLog, ...specs: readonly BatchSpec[]): void {
    for (const spec of specs) log.append(buildBatch(spec), this.node.platform.clock.nowMs())
  }

  /** Values of a few keys, again and again, in several segments. */
  fill(log = this.log, { rounds = 12, keys = 3, name = 'v' } = {}): void {
    for (let round = 0; round < rounds; round++)
      for (let key = 0; key < keys; key++)
        this.append(log, { records: [{ key: `k${key}`, value: `${name}${round}`, timestampMs: 1_000 + round }] })
  }

  runFor(ms: number): Promise<void> {
    return this.simulation.runFor(ms)
  }

  async read(log = this.log, isolation: 'read_uncommitted' | 'read_committed' = 'read_uncommitted') {
    const batches: RecordBatch[] = []
    for (let offset = log.logStartOffset; offset < log.highWatermark; ) {
      const { chunks } = await this.simulation.complete(
        Promise.resolve(log.read(offset, 300, { isolation, minOneBatch: true })),
      )
      for (const batch of batchesOf(chunks[0]!)) {
        expect(batch.hasValidChecksum(codecs)).toBe(true)
        batches.push(batch)
        offset = batch.nextOffset
      }
    }
    return batches
  }

  async values(log = this.log): Promise<Record<string, string>> {
    const values: Record<string, string> = {}
    for (const batch of await this.read(log)) for (const { key, value } of recordsOf(batch)) values[key!] = value!
    return values
  }

  files(partition = 0): string[] {
    return this.node.platform.files.list(`/data/states-${partition}`)
  }
  text(name: string): string {
    return this.node.platform.files.read(`/data/${name}`).toString()
  }
}

const LAST = { k0: 'v11', k1: 'v11', k2: 'v11' }

describe('the cleaner', () => {
  test('leaves the latest value of each key, and says so', async () => {
    const machine = await Machine.start()
    machine.fill()
    const { logEndOffset, sizeInBytes } = machine.log
    await machine.runFor(2 * BACKOFF_MS)
    expect(await machine.values()).toEqual(LAST)
    expect(machine.log.logEndOffset).toBe(logEndOffset)
    expect(machine.log.sizeInBytes).toBeLessThan(sizeInBytes / 3)
    expect(machine.reports).toMatchObject([
      { kind: 'compacted', partition: 'states-0', fromOffset: 0, toOffset: machine.log.compactedOffset },
    ])
    expect(machine.log.compactedOffset).toBe(machine.log.sealedEndOffset)
    expect(machine.text('cleaner-offset-checkpoint')).toBe(`0\n1\nstates 0 ${machine.log.sealedEndOffset}\n`)
    expect(machine.cleaner.progress.size).toBe(0)
    expect(machine.files().filter(name => name.endsWith('.deleted'))).not.toEqual([])
    await machine.runFor(COMPACTED['file.delete.delay.ms'])
    expect(machine.files().filter(name => /\.(deleted|swap|cleaned)$/.test(name))).toEqual([])
  })

  test('makes one segment of neighbours that fit into one', async () => {
    const machine = await Machine.start()
    const segments = () => machine.files().filter(name => name.endsWith('.log')).length
    machine.fill()
    await machine.runFor(2 * BACKOFF_MS)
    const segmentsBefore = segments()
    machine.fill(machine.log, { rounds: 2, name: 'w' })
    await machine.runFor(2 * BACKOFF_MS)
    expect(segments()).toBeLessThan(segmentsBefore / 2)
    expect(await machine.values()).toEqual({ k0: 'w1', k1: 'w1', k2: 'w1' })
  })

  test.each(['stop', 'kill', 'power'] as const)('goes on after a %s where it was', async how => {
    const machine = await Machine.start()
    machine.fill()
    await machine.runFor(2 * BACKOFF_MS)
    const { compactedOffset, logEndOffset } = machine.log
    const before = describeBatches(await machine.read())
    if (how === 'stop') {
      await machine.stop()
      await machine.open()
    } else await machine.crash(how)
    expect([machine.log.compactedOffset, machine.log.logEndOffset]).toEqual([compactedOffset, logEndOffset])
    expect(describeBatches(await machine.read())).toEqual(before)
    machine.fill(machine.log, { name: 'w' })
    await machine.runFor(2 * BACKOFF_MS)
    expect(machine.reports.at(-1)).toMatchObject({ kind: 'compacted', fromOffset: compactedOffset })
    expect(await machine.values()).toEqual({ k0: 'w11', k1: 'w11', k2: 'w11' })
  })

  test('compacts what is older than max.compaction.lag.ms, for which the active segment is closed', async () => {
    const machine = await Machine.start({
      topic: { 'segment.bytes': 100_000, 'max.compaction.lag.ms': 60_000, 'min.cleanable.dirty.ratio': 1 },
    })
    const write = (value: string) => {
      const timestampMs = machine.node.platform.clock.nowMs()
      machine.append(machine.log, { records: [{ key: 'k', value, timestampMs }] })
    }
    write('old')
    write('new')
    await machine.runFor(61_000)
    expect(machine.reports).toEqual([])
    write('newest')
    await machine.runFor(2 * BACKOFF_MS)
    expect(describeBatches(await machine.read())).toEqual(['1–1: 1:k=new', '2–2: 2:k=newest'])
  })

  test('takes the dirtiest log first', async () => {
    const machine = await Machine.start({ partitions: 2 })
    machine.fill(machine.partition(0))
    await machine.runFor(2 * BACKOFF_MS)
    machine.fill(machine.partition(0), { rounds: 30 })
    machine.fill(machine.partition(1))
    await machine.runFor(2 * BACKOFF_MS)
    expect(machine.reports.map(({ partition }) => partition)).toEqual(['states-0', 'states-1', 'states-0'])
  })

  test('does nothing if it is switched off', async () => {
    const machine = await Machine.start({ log: { 'log.cleaner.enable': 'false' } })
    machine.fill()
    await machine.runFor(5 * BACKOFF_MS)
    expect(machine.reports).toEqual([])
  })

  test('lets appends through while it works, and holds its rate', async () => {
    const machine = await Machine.start({
      topic: { 'segment.bytes': 100_000 },
      log: { 'log.cleaner.io.max.bytes.per.second': 400_000 },
    })
    const value = 'x'.repeat(20_000)
    for (let round = 0; round < 40; round++)
      machine.append(machine.log, { records: [{ key: `k${round % 30}`, value: `${round}${value}` }] })
    let appends = 0
    await machine.runFor(BACKOFF_MS + 10)
    expect(machine.cleaner.progress.get('states-0')).toMatchObject({ phase: 'mapping' })
    while (machine.cleaner.progress.size > 0) {
      machine.append(machine.log, { records: [{ key: `k${appends % 30}`, value: `while ${appends}` }] })
      appends++
      await machine.simulation.complete(machine.log.synced(machine.log.logEndOffset))
      await machine.runFor(20)
    }
    const [report] = machine.reports
    expect(appends).toBeGreaterThan(50)
    expect(report).toMatchObject({ kind: 'compacted' })
    expect((await machine.values()).k0).toMatch(/^while /)
  })

  test('gives up after its slice when it is stopped, and the next start takes away what it began', async () => {
    const machine = await Machine.start({
      topic: { 'segment.bytes': 100_000 },
      log: { 'log.cleaner.io.max.bytes.per.second': 100_000 },
    })
    for (let round = 0; round < 40; round++)
      machine.append(machine.log, { records: [{ key: `k${round % 3}`, value: `${round}`.padEnd(20_000) }] })
    await machine.simulation.run(() => machine.files().some(name => name.endsWith('.cleaned')))
    await machine.stop()
    expect(machine.reports).toEqual([])
    await machine.open()
    expect(machine.files().filter(name => name.endsWith('.cleaned'))).toEqual([])
    expect((await machine.values()).k0!.trimEnd()).toBe('39')
  })
})

describe('readers', () => {
  test('that are in a segment which is replaced go on behind it', async () => {
    const machine = await Machine.start()
    machine.fill()
    await machine.runFor(10)
    const options = { isolation: 'read_uncommitted', minOneBatch: true } as const
    const { log } = machine
    const first = await machine.simulation.complete(Promise.resolve(log.read(0, 200, options)))
    const next = [...batchesOf(first.chunks[0]!)].at(-1)!.nextOffset
    const slow = { ...CALM_DISK, latencyUs: [5_000_000, 5_000_000] as const }
    await machine.runFor(BACKOFF_MS - 11)
    machine.node.diskConditions = slow
    const underWay = Promise.resolve(log.read(next, 200, options))
    machine.node.diskConditions = CALM_DISK
    await machine.runFor(100)
    expect(machine.reports).toHaveLength(1)
    const old = await machine.simulation.complete(underWay)
    expect([...batchesOf(old.chunks[0]!)][0]!.baseOffset).toBe(next)
    const now = await machine.simulation.complete(Promise.resolve(log.read(next, 200, options)))
    expect([...batchesOf(now.chunks[0]!)][0]!.baseOffset).toBeGreaterThan(next)
    expect(log.readableBytes(next, 'read_uncommitted')).toBe(
      (await machine.read()).reduce((bytes, batch) => bytes + batch.sizeInBytes, 0),
    )
  })

  test('find timestamps in what is left', async () => {
    const machine = await Machine.start()
    machine.fill()
    await machine.runFor(2 * BACKOFF_MS)
    const found = await machine.simulation.complete(machine.log.offsetForTimestamp(1_000, 'read_uncommitted'))
    expect(found).toMatchObject({ offset: (await machine.read())[0]!.baseOffset })
  })

  test('of committed records learn of aborted transactions whose batches are still there', async () => {
    const machine = await Machine.start()
    const { log } = machine
    const inTransaction = { producerId: 7, producerEpoch: 0, transactional: true }
    machine.append(log, { ...inTransaction, baseSequence: 0, records: [{ key: 'k0', value: 'never' }] })
    log.appendMarker({ producerId: 7, producerEpoch: 0, coordinatorEpoch: 0, verdict: 'abort' }, 1_000)
    machine.fill()
    await machine.runFor(2 * BACKOFF_MS)
    expect(describeBatches(await machine.read()).slice(0, 2)).toEqual(['0–0 of 7/0:', '1–1 of 7/0: abort'])
    const { abortedTransactions } = await machine.simulation.complete(
      Promise.resolve(log.read(0, 1_000, { isolation: 'read_committed', minOneBatch: true })),
    )
    expect(abortedTransactions).toMatchObject([{ producerId: 7, firstOffset: 0 }])
  })
})

describe('what goes wrong', () => {
  test('in one log is told once and leaves the others alone', async () => {
    const machine = await Machine.start({ partitions: 2 })
    machine.fill(machine.partition(0))
    machine.fill(machine.partition(1))
    await machine.runFor(10)
    const file = machine.node.platform.files.open('/data/states-0/00000000000000000000.log', 'write')
    file.write(Buffer.of(0xee), 70)
    await machine.runFor(5 * BACKOFF_MS)
    machine.fill(machine.partition(1), { name: 'w' })
    await machine.runFor(5 * BACKOFF_MS)
    expect(machine.reports.map(({ kind, partition }) => `${partition} ${kind}`)).toEqual([
      'states-0 uncleanable',
      'states-1 compacted',
      'states-1 compacted',
    ])
    expect(machine.files(0).filter(name => name.endsWith('.cleaned'))).toEqual([])
  })

  test('for want of space is tried again at the next look around', async () => {
    const machine = await Machine.start()
    machine.fill()
    await machine.runFor(10)
    machine.node.diskConditions = { ...CALM_DISK, capacityBytes: machine.node.usedDiskBytes + 100 }
    await machine.runFor(3 * BACKOFF_MS)
    expect(machine.reports.map(({ kind }) => kind)).toEqual(['postponed', 'postponed', 'postponed'])
    expect(machine.log.isOnline).toBe(true)
    machine.node.diskConditions = CALM_DISK
    await machine.runFor(BACKOFF_MS)
    expect(machine.reports.at(-1)!.kind).toBe('compacted')
    expect(await machine.values()).toEqual(LAST)
  })

  test('when a topic is deleted under it is nothing', async () => {
    const machine = await Machine.start({ log: { 'log.cleaner.io.max.bytes.per.second': 1_000 }, partitions: 2 })
    machine.fill()
    machine.fill(machine.partition(1))
    await machine.simulation.run(() => machine.cleaner.progress.has('states-0'))
    machine.logs.delete('states', 0)
    await machine.runFor(60 * BACKOFF_MS)
    expect(machine.reports).toMatchObject([{ kind: 'compacted', partition: 'states-1' }])
  })
})

describe('cleanup.policy', () => {
  test('compact,delete also drops old segments, before or while they are compacted', async () => {
    const machine = await Machine.start({
      topic: { 'cleanup.policy': ['compact', 'delete'], 'retention.ms': 60_000, 'file.delete.delay.ms': 0 },
      log: { 'log.retention.check.interval.ms': 700, 'log.cleaner.io.max.bytes.per.second': 2_000 },
    })
    const nowMs = machine.node.platform.clock.nowMs()
    for (let round = 0; round < 40; round++)
      machine.append(machine.log, { records: [{ key: `k${round}`, value: 'old', timestampMs: nowMs - 59_000 }] })
    machine.append(machine.log, { records: [{ key: 'new', value: 'new', timestampMs: nowMs }] })
    await machine.runFor(60_000)
    expect(await machine.values()).toEqual({ new: 'new' })
    expect(machine.log.logStartOffset).toBeGreaterThan(30)
    expect(machine.log.isOnline).toBe(true)
  })

  test('can become compact: records without keys go then', async () => {
    const machine = await Machine.start({ topic: { 'cleanup.policy': ['delete'] } })
    machine.append(machine.log, { records: [{ key: null, value: 'keyless' }] })
    machine.fill()
    await machine.runFor(3 * BACKOFF_MS)
    expect(machine.reports).toEqual([])
    machine.log.config = COMPACTED
    await machine.runFor(BACKOFF_MS)
    expect(await machine.values()).toEqual(LAST)
  })

  test('can cease to be compact, also in the middle of a pass', async () => {
    const machine = await Machine.start({ log: { 'log.cleaner.io.max.bytes.per.second': 1_000 } })
    machine.fill()
    await machine.simulation.run(() => machine.cleaner.progress.has('states-0'))
    machine.log.config = { ...COMPACTED, 'cleanup.policy': ['delete'], 'retention.ms': -1 }
    const before = describeBatches(await machine.read())
    await machine.runFor(60 * BACKOFF_MS)
    expect(machine.reports).toEqual([])
    expect(describeBatches(await machine.read())).toEqual(before)
  })
})
