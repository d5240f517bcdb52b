import { readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { ErrorCode, KafkaError } from '@millrace/protocol'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { FetchedBytes, PartitionLog } from '../../src/log/partition-log.ts'
import { batchOf, recordsIn } from './log-fixture.ts'
import { RealLog } from './real-logs.ts'

const UNCOMMITTED = { isolation: 'read_uncommitted', minOneBatch: true } as const

/** Appends one batch for each list of values, and waits until all of them are durable. */
async function appendAll(log: PartitionLog, ...batches: readonly (readonly string[])[]): Promise<void> {
  for (const values of batches) log.append(batchOf({ values }), 1_000)
  await log.synced(log.logEndOffset)
}

function errorCodeOf(call: () => unknown): number {
  try {
    call()
  } catch (error) {
    if (error instanceof KafkaError) return error.errorCode
    throw error
  }
  return ErrorCode.NONE
}

describe('an append', () => {
  test('gives the batch its offsets, on the disk as well', async () => {
    await using opened = await RealLog.open()
    const { log } = opened
    expect(log.append(batchOf({ values: ['a', 'b'] }), 1_000)).toEqual({
      baseOffset: 0,
      lastOffset: 1,
      logAppendTimeMs: -1,
      logStartOffset: 0,
      isDuplicate: false,
    })
    expect(log.append(batchOf({ values: ['c'] }), 1_000)).toMatchObject({ baseOffset: 2, lastOffset: 2 })
    await log.synced(3)
    expect(await recordsIn(log)).toEqual([
      { offset: 0, value: 'a' },
      { offset: 1, value: 'b' },
      { offset: 2, value: 'c' },
    ])
  })

  test('is not visible before it is durable', async () => {
    await using opened = await RealLog.open()
    const { log } = opened
    log.append(batchOf({ values: ['a'] }), 1_000)
    expect([log.logEndOffset, log.highWatermark]).toEqual([1, 0])
    expect((await log.read(0, 1_000, UNCOMMITTED)).sizeInBytes).toBe(0)
    await log.synced(1)
    expect(log.highWatermark).toBe(1)
    expect((await log.read(0, 1_000, UNCOMMITTED)).sizeInBytes).toBeGreaterThan(0)
  })

  test('is visible at once where flush.messages leaves syncing to later', async () => {
    await using opened = await RealLog.open({ 'flush.messages': 1_000 })
    const { log } = opened
    log.append(batchOf({ values: ['a'] }), 1_000)
    expect([log.highWatermark, log.recoveryPoint]).toEqual([1, 0])
    await log.synced(1)
    for (let index = 0; index < 1_000; index++) log.append(batchOf({ values: ['b'] }), 1_000)
    await expect.poll(() => log.recoveryPoint).toBe(1_001)
  })

  test('of a retried batch changes nothing and says where it is', async () => {
    await using opened = await RealLog.open()
    const { log } = opened
    const sequenced = (baseSequence: number) =>
      batchOf({ values: ['x', 'y'], producerId: 5, producerEpoch: 0, baseSequence })
    for (const baseSequence of [0, 2, 4]) log.append(sequenced(baseSequence), 1_000)
    expect(log.append(sequenced(2), 1_000)).toMatchObject({ baseOffset: 2, lastOffset: 3, isDuplicate: true })
    expect(errorCodeOf(() => log.append(sequenced(9), 1_000))).toBe(ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER)
    expect(log.logEndOffset).toBe(6)
  })

  test('under LogAppendTime has the time of the broker and a valid checksum', async () => {
    await using opened = await RealLog.open({ 'message.timestamp.type': 'LogAppendTime' })
    const { log } = opened
    const sequenced = () => batchOf({ values: ['a'], producerId: 5, producerEpoch: 0, baseSequence: 0 })
    expect(log.append(sequenced(), 777_000).logAppendTimeMs).toBe(777_000)
    expect(log.append(sequenced(), 888_000)).toMatchObject({ logAppendTimeMs: 777_000, isDuplicate: true })
    await log.synced(1)
    expect(await recordsIn(log)).toHaveLength(1)
    expect(await log.offsetForTimestamp(777_000, 'read_uncommitted')).toMatchObject({ offset: 0, timestampMs: 777_000 })
  })
})

describe('a segment', () => {
  const segmentsOf = (opened: RealLog) => readdirSync(opened.path('')).filter(name => name.endsWith('.log'))

  test('ends when it would pass segment.bytes', async () => {
    await using opened = await RealLog.open({ 'segment.bytes': 230 })
    await appendAll(opened.log, ['a'.repeat(80)], ['b'.repeat(80)], ['c'])
    expect(segmentsOf(opened)).toEqual(['00000000000000000000.log', '00000000000000000001.log'])
    expect((await recordsIn(opened.log)).map(record => record.offset)).toEqual([0, 1, 2])
  })

  test('takes a batch larger than itself alone', async () => {
    await using opened = await RealLog.open({ 'segment.bytes': 100 })
    await appendAll(opened.log, ['a'.repeat(500)], ['b'.repeat(500)])
    expect(segmentsOf(opened)).toHaveLength(2)
    expect(await recordsIn(opened.log)).toHaveLength(2)
  })

  test('ends when its records span more than segment.ms', async () => {
    await using opened = await RealLog.open({ 'segment.ms': 1_000 })
    for (const timestampMs of [5_000, 6_000, 6_001])
      opened.log.append(batchOf({ values: ['a'], timestampMs }), 1_000_000)
    await opened.log.synced(3)
    expect(segmentsOf(opened)).toEqual(['00000000000000000000.log', '00000000000000000002.log'])
  })

  test('of records without timestamps ages by the clock', async () => {
    await using opened = await RealLog.open({ 'segment.ms': 60_000 })
    const startMs = Date.now()
    for (const nowMs of [startMs, startMs + 30_000, startMs + 120_000])
      opened.log.append(batchOf({ values: ['a'], timestampMs: -1 }), nowMs)
    await opened.log.synced(3)
    expect(segmentsOf(opened)).toEqual(['00000000000000000000.log', '00000000000000000002.log'])
  })

  test('ends when an index is full', async () => {
    await using opened = await RealLog.open({ 'segment.index.bytes': 36, 'index.interval.bytes': 0 })
    for (let index = 0; index < 9; index++)
      opened.log.append(batchOf({ values: ['a'], timestampMs: 1_000 + index }), 1_000)
    await opened.log.synced(9)
    expect(segmentsOf(opened).length).toBeGreaterThan(1)
    expect(await recordsIn(opened.log)).toHaveLength(9)
  })

  test('has an entry in its indexes for each index.interval.bytes, in the format of Kafka', async () => {
    await using opened = await RealLog.open({ 'index.interval.bytes': 100 })
    for (let index = 0; index < 4; index++)
      opened.log.append(batchOf({ values: ['x'.repeat(60)], timestampMs: 5_000 + index }), 1_000)
    await opened.logs.close()
    const batchBytes = statSync(opened.path('00000000000000000000.log')).size / 4
    const index = readFileSync(opened.path('00000000000000000000.index'))
    const timeIndex = readFileSync(opened.path('00000000000000000000.timeindex'))
    const entries = Array.from({ length: index.length / 8 }, (_, at) => [
      index.readInt32BE(at * 8),
      index.readInt32BE(at * 8 + 4),
    ])
    const times = Array.from({ length: timeIndex.length / 12 }, (_, at) => [
      Number(timeIndex.readBigInt64BE(at * 12)),
      timeIndex.readInt32BE(at * 12 + 8),
    ])
    // The first batch is found without an entry; one more time entry closes a segment.
    expect(entries).toEqual([1, 2, 3].map(offset => [offset, offset * batchBytes]))
    expect(times).toEqual([1, 2, 3].map(offset => [5_000 + offset, offset]))
    await opened.open()
  })
})

describe('a read', () => {
  test('begins with the batch that contains the offset and ends with a whole batch', async () => {
    await using opened = await RealLog.open()
    const { log } = opened
    await appendAll(log, ['a', 'b', 'c'], ['d'], ['e'])
    const all = (await log.read(1, 1_000, UNCOMMITTED)) as FetchedBytes
    expect(all.sizeInBytes).toBe(log.sizeInBytes)
    const cut = await log.read(1, all.sizeInBytes - 1, UNCOMMITTED)
    expect(cut.sizeInBytes).toBeLessThan(all.sizeInBytes - 1)
    expect(Buffer.concat(all.chunks).subarray(0, cut.sizeInBytes)).toEqual(Buffer.concat(cut.chunks))
  })

  test('hands out a first batch above the limit only if it must', async () => {
    await using opened = await RealLog.open()
    const { log } = opened
    await appendAll(log, ['a'.repeat(5_000)], ['b'])
    for (const maxBytes of [0, 1, 61, 1_000]) {
      expect((await log.read(0, maxBytes, UNCOMMITTED)).sizeInBytes).toBeGreaterThan(5_000)
      expect((await log.read(0, maxBytes, { ...UNCOMMITTED, minOneBatch: false })).sizeInBytes).toBe(0)
    }
  })

  test('at the end gives nothing, outside the log an error', async () => {
    await using opened = await RealLog.open()
    await appendAll(opened.log, ['a'])
    expect((await opened.log.read(1, 1_000, UNCOMMITTED)).sizeInBytes).toBe(0)
    for (const offset of [-1, 2])
      expect(errorCodeOf(() => opened.log.read(offset, 1_000, UNCOMMITTED))).toBe(ErrorCode.OFFSET_OUT_OF_RANGE)
  })

  test('finds every offset in every segment, at once and after a restart', async () => {
    await using opened = await RealLog.open({ 'segment.bytes': 4_000, 'index.interval.bytes': 500 })
    const values = Array.from({ length: 300 }, (_, index) => `${index}`.padEnd(index % 90, '.'))
    for (let at = 0; at < values.length; at += 3)
      opened.log.append(batchOf({ values: values.slice(at, at + 3) }), 1_000)
    await opened.log.synced(300)
    for (const restart of [() => Promise.resolve(), () => opened.reopen(), () => opened.crash()]) {
      await restart()
      for (const offset of [0, 1, 150, 151, 298, 299]) {
        const records = await recordsIn(opened.log, offset, 700)
        expect(records[0]).toEqual({ offset, value: values[offset] })
        expect(records).toHaveLength(300 - offset)
      }
    }
  })

  test('can be awaited for its size', async () => {
    await using opened = await RealLog.open({ 'segment.bytes': 200 })
    const { log } = opened
    await appendAll(log, ['a'.repeat(50)], ['b'.repeat(50)], ['c'.repeat(50)])
    expect(log.readableBytes(0, 'read_uncommitted')).toBe(log.sizeInBytes)
    expect(log.readableBytes(2, 'read_uncommitted')).toBe(log.sizeInBytes / 3)
    expect([-1, 3, 9].map(offset => log.readableBytes(offset, 'read_committed'))).toEqual([0, 0, 0])
  })
})

describe('a look-up by timestamp', () => {
  const timestamps = fc.array(fc.array(fc.nat({ max: 50 }), { minLength: 1, maxLength: 4 }), {
    minLength: 1,
    maxLength: 20,
  })
  const compressions = ['none', 'gzip', 'lz4'] as const

  test('finds the first record that is not older, as a walk over all records does', async () => {
    await fc.assert(
      fc.asyncProperty(timestamps, fc.nat({ max: 55 }), fc.boolean(), async (batches, targetMs, isRestarted) => {
        await using opened = await RealLog.open({ 'segment.bytes': 400, 'index.interval.bytes': 100 })
        const all: number[] = []
        for (const [index, times] of batches.entries()) {
          // A batch has one timestamp here: records of several would need another builder.
          const timestampMs = Math.max(...times)
          all.push(...times.map(() => timestampMs))
          const compression = compressions[index % compressions.length]!
          opened.log.append(batchOf({ values: times.map(String), timestampMs, compression }), 1_000)
        }
        await opened.log.synced(all.length)
        if (isRestarted) await opened.crash()
        const offset = all.findIndex(timestampMs => timestampMs >= targetMs)
        const found = await opened.log.offsetForTimestamp(targetMs, 'read_uncommitted')
        expect(found).toEqual(offset < 0 ? null : { offset, timestampMs: all[offset], leaderEpoch: 0 })
        const newestMs = Math.max(...all)
        expect(await opened.log.offsetOfMaxTimestamp()).toMatchObject({
          offset: all.indexOf(newestMs),
          timestampMs: newestMs,
        })
      }),
      { numRuns: 25 },
    )
  })

  test('in an empty log finds nothing', async () => {
    await using opened = await RealLog.open()
    expect(await opened.log.offsetForTimestamp(0, 'read_committed')).toBeNull()
    expect(await opened.log.offsetOfMaxTimestamp()).toBeNull()
  })
})

describe('a start', () => {
  test('after a clean stop looks at no batch, and knows the producers and their last five batches', async () => {
    await using opened = await RealLog.open()
    const sequenced = (baseSequence: number) =>
      batchOf({ values: ['x'], producerId: 5, producerEpoch: 0, baseSequence })
    for (let sequence = 0; sequence < 8; sequence++) opened.log.append(sequenced(sequence), 1_000)
    await opened.reopen()
    expect(opened.progress).toMatchObject({
      wasScanned: false,
      truncatedBytes: 0,
      partition: 'orders-0',
      partitionsDone: 1,
    })
    expect(opened.log.append(sequenced(3), 1_000)).toMatchObject({ isDuplicate: true, baseOffset: 3 })
    expect(errorCodeOf(() => opened.log.append(sequenced(2), 1_000))).toBe(ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER)
    expect(opened.log.append(sequenced(8), 1_000)).toMatchObject({ isDuplicate: false, baseOffset: 8 })
    expect(opened.log.leaderEpoch).toBe(0)
  })

  test.each(['clean stop', 'crash'])(
    'after a %s knows the last five batches of a producer across segments',
    async end => {
      await using opened = await RealLog.open({ 'segment.bytes': 200 })
      const sequenced = (baseSequence: number) =>
        batchOf({ values: ['x'], producerId: 5, producerEpoch: 0, baseSequence })
      for (let sequence = 0; sequence < 8; sequence++) opened.log.append(sequenced(sequence), 1_000)
      await opened.log.synced(8)
      await opened.reopen()
      if (end === 'crash') await opened.crash()
      for (const sequence of [3, 4, 5, 6, 7])
        expect(opened.log.append(sequenced(sequence), 1_000)).toMatchObject({ isDuplicate: true, baseOffset: sequence })
    },
  )

  test('after a crash cuts a torn tail and begins a new leader epoch', async () => {
    await using opened = await RealLog.open()
    await appendAll(opened.log, ['a'], ['b'])
    const path = opened.path('00000000000000000000.log')
    const wholeBytes = statSync(path).size
    await opened.crash(() => writeFileSync(path, Buffer.alloc(100, 1), { flag: 'a' }))
    expect(opened.progress).toMatchObject({ wasScanned: true, truncatedBytes: 100 })
    expect(statSync(path).size).toBe(wholeBytes)
    expect(opened.log.leaderEpoch).toBe(1)
    expect(opened.log.append(batchOf({ values: ['c'] }), 1_000).baseOffset).toBe(2)
    expect(opened.log.endOffsetForEpoch(0)).toEqual({ leaderEpoch: 0, endOffset: 2 })
    expect(opened.log.endOffsetForEpoch(1)).toEqual({ leaderEpoch: 1, endOffset: 3 })
    expect(opened.log.endOffsetForEpoch(2)).toBeNull()
  })

  const FIRST = '00000000000000000000'
  const harm: readonly { what: string; harm: (path: (name: string) => string) => void }[] = [
    { what: 'a missing offset index', harm: path => rmSync(path(`${FIRST}.index`)) },
    { what: 'a missing time index', harm: path => rmSync(path(`${FIRST}.timeindex`)) },
    { what: 'an index cut within an entry', harm: path => truncateSync(path(`${FIRST}.index`), 13) },
    {
      what: 'an index that is too long',
      harm: path => writeFileSync(path(`${FIRST}.index`), Buffer.alloc(5), { flag: 'a' }),
    },
    { what: 'an index of garbage', harm: path => writeFileSync(path(`${FIRST}.index`), Buffer.alloc(80, 0x5a)) },
    { what: 'an index of zeros', harm: path => writeFileSync(path(`${FIRST}.index`), Buffer.alloc(80)) },
    { what: 'a missing epoch checkpoint', harm: path => rmSync(path('leader-epoch-checkpoint')) },
    { what: 'a garbled epoch checkpoint', harm: path => writeFileSync(path('leader-epoch-checkpoint'), 'x') },
    {
      what: 'a garbled snapshot',
      harm: path => {
        for (const name of readdirSync(path(''))) if (name.endsWith('.snapshot')) writeFileSync(path(name), 'x')
      },
    },
  ]
  for (const isClean of [true, false])
    test.each(harm)(`mends $what, after a ${isClean ? 'clean stop' : 'crash'}`, async ({ harm }) => {
      await using opened = await RealLog.open({ 'segment.bytes': 2_000, 'index.interval.bytes': 100 })
      const sequenced = (baseSequence: number) =>
        batchOf({
          values: ['x'.repeat(50)],
          producerId: 5,
          producerEpoch: 0,
          baseSequence,
          timestampMs: 1_000 + baseSequence,
        })
      for (let sequence = 0; sequence < 40; sequence++) opened.log.append(sequenced(sequence), 1_000)
      await opened.log.synced(40)
      if (isClean) await opened.logs.close()
      else {
        await opened.reopen()
        opened.logs.halt()
      }
      harm(name => opened.path(name))
      await opened.open()
      expect(await recordsIn(opened.log)).toHaveLength(40)
      for (const offset of [1, 13, 29]) expect((await recordsIn(opened.log, offset))[0]!.offset).toBe(offset)
      expect(opened.log.append(sequenced(39), 1_000)).toMatchObject({ isDuplicate: true, baseOffset: 39 })
      expect(await opened.log.offsetForTimestamp(1_020, 'read_uncommitted')).toMatchObject({ offset: 20 })
    })
})

describe('damage among durable records', () => {
  async function damaged(flip: (bytes: Buffer) => void): Promise<RealLog> {
    const opened = await RealLog.open()
    await appendAll(opened.log, ...Array.from({ length: 10 }, (_, index) => [`${index}`.repeat(50)]))
    // A clean stop writes the recovery point; the crash after it makes the next start look.
    await opened.reopen()
    await opened.crash(() => {
      const path = opened.path('00000000000000000000.log')
      const bytes = readFileSync(path)
      flip(bytes)
      writeFileSync(path, bytes)
    })
    return opened
  }
  const rows: readonly { what: string; flip: (bytes: Buffer) => void }[] = [
    { what: 'in the records of a batch', flip: bytes => bytes.writeUInt8(0xff, bytes.length * 0.45) },
    { what: 'in the size of a batch', flip: bytes => bytes.writeInt32BE(0x7fff_ffff, bytes.length * 0.4 + 8) },
    { what: 'in the base offset of a batch', flip: bytes => bytes.writeInt32BE(9_999, bytes.length * 0.4 + 4) },
    { what: 'of a whole batch', flip: bytes => bytes.fill(0, bytes.length * 0.4, bytes.length * 0.5) },
  ]
  test.each(rows)('$what is told, and what follows stays', async ({ flip }) => {
    await using opened = await damaged(flip)
    const { log } = opened
    expect(opened.progress).toMatchObject({ damageCount: 1, truncatedBytes: 0 })
    expect(log.logEndOffset).toBe(10)
    await expect(recordsIn(log, 4)).rejects.toMatchObject({ errorCode: ErrorCode.CORRUPT_MESSAGE })
    expect((await recordsIn(log, 5)).map(record => record.offset)).toEqual([5, 6, 7, 8, 9])
    const before = (await log.read(0, 1 << 20, UNCOMMITTED)) as FetchedBytes
    expect(before.sizeInBytes).toBeGreaterThan(0)
    await opened.reopen()
    expect((await recordsIn(opened.log, 5)).map(record => record.offset)).toEqual([5, 6, 7, 8, 9])
  })
})
