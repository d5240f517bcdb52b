import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { CALM_DISK, Simulation } from '@millrace/platform'
import { ErrorCode } from '@millrace/protocol'
import { describe, expect, test } from 'vitest'
import { LogManager } from '../../src/log/directory/log-manager.ts'
import type { PartitionLog } from '../../src/log/partition-log.ts'
import { batchOf, codecs, logConfig, recordsIn, topicConfig } from './log-fixture.ts'
import { RealLog } from './real-logs.ts'

const SMALL_SEGMENTS = { 'segment.bytes': 200, 'retention.ms': -1, 'file.delete.delay.ms': 60_000 } as const
const UNCOMMITTED = { isolation: 'read_uncommitted', minOneBatch: true } as const

/** Appends records one to a batch, with these timestamps; two batches fit into a segment of 200 bytes. */
async function appendAt(log: PartitionLog, ...timestampsMs: readonly number[]): Promise<void> {
  for (const timestampMs of timestampsMs)
    log.append(batchOf({ values: [`at ${timestampMs}`.padEnd(20)], timestampMs }), timestampMs)
  await log.synced(log.logEndOffset)
}

function offsetsIn(log: PartitionLog): Promise<number[]> {
  return recordsIn(log).then(records => records.map(record => record.offset))
}

function filesIn(opened: RealLog, ending: string): string[] {
  return readdirSync(opened.path('.')).filter(name => name.endsWith(ending))
}

describe('records that are deleted', () => {
  test('cannot be read, and stay away after a stop and after a crash', async () => {
    await using opened = await RealLog.open()
    await appendAt(opened.log, 1, 2, 3, 4)
    expect(await opened.log.deleteRecordsBefore(2)).toBe(2)
    const check = async () => {
      const { log } = opened
      expect([log.logStartOffset, log.logEndOffset]).toEqual([2, 4])
      expect(await offsetsIn(log)).toEqual([2, 3])
      expect(() => log.read(1, 100, UNCOMMITTED)).toThrow(
        expect.objectContaining({ errorCode: ErrorCode.OFFSET_OUT_OF_RANGE }),
      )
      expect(await log.offsetForTimestamp(0, 'read_uncommitted')).toMatchObject({ offset: 2 })
    }
    await check()
    await opened.crash()
    await check()
    await opened.reopen()
    await check()
    expect(readFileSync(join(opened.directory, 'log-start-offset-checkpoint'), 'utf8')).toBe('0\n1\norders 0 2\n')
  })

  test('may be all there are: the next one has the next offset', async () => {
    await using opened = await RealLog.open()
    await appendAt(opened.log, 1, 2, 3)
    expect(await opened.log.deleteRecordsBefore(-1)).toBe(3)
    await opened.crash()
    expect([opened.log.logStartOffset, opened.log.logEndOffset]).toEqual([3, 3])
    await appendAt(opened.log, 4)
    expect(await offsetsIn(opened.log)).toEqual([3])
  })

  test.each([-2, 4])('are never beyond the high watermark (%i)', async offset => {
    await using opened = await RealLog.open()
    await appendAt(opened.log, 1, 2, 3)
    const refused = { errorCode: ErrorCode.OFFSET_OUT_OF_RANGE }
    await expect(opened.log.deleteRecordsBefore(offset)).rejects.toMatchObject(refused)
    expect(opened.log.logStartOffset).toBe(0)
  })

  test('twice at once are answered when neither can come back', async () => {
    await using opened = await RealLog.open()
    await appendAt(opened.log, 1, 2, 3)
    let isFirstOver = false
    const first = opened.log.deleteRecordsBefore(2).then(() => (isFirstOver = true))
    expect(await opened.log.deleteRecordsBefore(1)).toBe(2)
    expect(isFirstOver).toBe(true)
    await first
  })

  test('below the start of the log are gone already', async () => {
    await using opened = await RealLog.open()
    await appendAt(opened.log, 1, 2, 3)
    await opened.log.deleteRecordsBefore(2)
    expect(await opened.log.deleteRecordsBefore(1)).toBe(2)
  })

  test('take their segments with them, under the name that Kafka gives', async () => {
    await using opened = await RealLog.open(SMALL_SEGMENTS)
    await appendAt(opened.log, 1, 2, 3, 4, 5)
    expect(filesIn(opened, '.log')).toHaveLength(3)
    await opened.log.deleteRecordsBefore(3)
    await opened.log.deleteOldSegments(0)
    expect(filesIn(opened, '.log')).toEqual(['00000000000000000002.log', '00000000000000000004.log'])
    expect(filesIn(opened, '.deleted')).toEqual([
      '00000000000000000000.index.deleted',
      '00000000000000000000.log.deleted',
      '00000000000000000000.timeindex.deleted',
    ])
    await opened.reopen()
    expect(filesIn(opened, '.deleted')).toEqual([])
    expect(await offsetsIn(opened.log)).toEqual([3, 4])
  })

  test('leave a read that is under way alone', async () => {
    await using opened = await RealLog.open({ ...SMALL_SEGMENTS, 'file.delete.delay.ms': 0 })
    await appendAt(opened.log, 1, 2, 3, 4, 5)
    await opened.reopen()
    const reading = opened.log.read(0, 1_000, UNCOMMITTED)
    await opened.log.deleteRecordsBefore(4)
    await expect.poll(() => filesIn(opened, '.deleted')).toEqual([])
    expect((await reading).sizeInBytes).toBeGreaterThan(0)
  })
})

describe('old segments', () => {
  test('go by age, the active one too, which leaves an empty log with its offsets', async () => {
    await using opened = await RealLog.open({ ...SMALL_SEGMENTS, 'retention.ms': 100 })
    await appendAt(opened.log, 1_000, 1_001, 1_050, 1_051, 1_100)
    await opened.log.deleteOldSegments(1_102)
    expect([opened.log.logStartOffset, opened.log.logEndOffset]).toEqual([2, 5])
    await opened.log.deleteOldSegments(2_000)
    expect([opened.log.logStartOffset, opened.log.logEndOffset, opened.log.sizeInBytes]).toEqual([5, 5, 0])
    await appendAt(opened.log, 2_000)
    await opened.crash()
    expect(await offsetsIn(opened.log)).toEqual([5])
  })

  test('take what is known of producers not with them', async () => {
    await using opened = await RealLog.open({ ...SMALL_SEGMENTS, 'retention.ms': 100 })
    const spec = { values: ['a', 'b'], producerId: 7, producerEpoch: 3 }
    opened.log.append(batchOf({ ...spec, baseSequence: 0, transactional: true }), 1_000)
    await opened.log.synced(2)
    await opened.log.deleteOldSegments(2_000)
    expect(opened.log.logStartOffset).toBe(2)
    expect(opened.log.lastStableOffset).toBe(2)
    for (const again of [() => opened.crash(), () => opened.reopen()]) {
      await again()
      expect(opened.log.hasOpenTransaction(7, 3)).toBe(true)
      expect(() => opened.log.append(batchOf({ ...spec, baseSequence: 5, transactional: true }), 1_000)).toThrow(
        expect.objectContaining({ errorCode: ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER }),
      )
    }
  })

  test('are looked for every log.retention.check.interval.ms, and leave the disk after file.delete.delay.ms', async () => {
    const simulation = new Simulation({ seed: 1, codecs })
    const { platform } = simulation.node('broker')
    await simulation.complete(
      (async () => {
        const settings = { 'log.dirs': '/data', 'log.retention.check.interval.ms': 5_000 }
        const logs = await LogManager.open(platform, logConfig(settings))
        const config = topicConfig({ ...SMALL_SEGMENTS, 'retention.bytes': 150, 'file.delete.delay.ms': 1_000 })
        const identity = { topic: 'orders', topicId: 'b3JkZXJzb3JkZXJzb3JkZQ', partition: 0 }
        await logs.openAll([{ ...identity, config }])
        const log = logs.get('orders', 0)!
        await appendAt(log, 1, 2, 3, 4, 5, 6, 7)
        const logFiles = (ending: string) =>
          platform.files.list('/data/orders-0').filter(name => name.endsWith(ending)).length
        await platform.timers.sleep(4_900)
        expect([log.logStartOffset, logFiles('.log')]).toEqual([0, 4])
        await platform.timers.sleep(200)
        expect([log.logStartOffset, logFiles('.log'), logFiles('.log.deleted')]).toEqual([4, 2, 2])
        await platform.timers.sleep(1_000)
        expect(logFiles('.deleted')).toBe(0)
        await appendAt(log, 8, 9)
        await platform.timers.sleep(5_000)
        expect(log.logStartOffset).toBe(6)
        await logs.close()
      })(),
    )
  })

  test('leave a full disk, after which appends go on', async () => {
    const simulation = new Simulation({ seed: 1, codecs })
    const node = simulation.node('broker')
    await simulation.complete(
      (async () => {
        const logs = await LogManager.open(node.platform, logConfig({ 'log.dirs': '/data' }))
        const config = topicConfig({ 'segment.bytes': 2_000, 'retention.bytes': 4_000, 'file.delete.delay.ms': 1_000 })
        const identity = { topic: 'orders', topicId: 'b3JkZXJzb3JkZXJzb3JkZQ', partition: 0 }
        await logs.openAll([{ ...identity, config }])
        const log = logs.get('orders', 0)!
        node.diskConditions = { ...CALM_DISK, capacityBytes: 20_000 }
        const fill = async () => {
          for (;;) await appendAt(log, log.logEndOffset)
        }
        await expect(fill()).rejects.toMatchObject({ errorCode: ErrorCode.KAFKA_STORAGE_ERROR })
        await log.deleteOldSegments(0)
        expect(log.logStartOffset).toBeGreaterThan(0)
        await node.platform.timers.sleep(1_100)
        await appendAt(log, log.logEndOffset)
        await logs.close()
      })(),
    )
  })
})

test('a start that a crash has taken the records of is where the log goes on', async () => {
  const simulation = new Simulation({ seed: 1, codecs })
  const node = simulation.node('broker')
  const open = async () => {
    const logs = await LogManager.open(node.platform, logConfig({ 'log.dirs': '/data' }))
    const identity = { topic: 'orders', topicId: 'b3JkZXJzb3JkZXJzb3JkZQ', partition: 0 }
    await logs.openAll([{ ...identity, config: topicConfig({ 'flush.messages': 1_000 }) }])
    return logs.get('orders', 0)!
  }
  await simulation.complete(
    (async () => {
      const log = await open()
      for (const value of ['a', 'b', 'c']) log.append(batchOf({ values: [value] }), 1_000)
      expect(await log.deleteRecordsBefore(2)).toBe(2)
    })(),
  )
  node.crash('power')
  node.start()
  await simulation.complete(
    (async () => {
      const log = await open()
      expect([log.logStartOffset, log.logEndOffset, log.sizeInBytes]).toEqual([2, 2, 0])
      expect(log.append(batchOf({ values: ['d'] }), 1_000).baseOffset).toBe(2)
    })(),
  )
})
