import { CALM_DISK, Simulation } from '@millrace/platform'
import { ErrorCode, KafkaError } from '@millrace/protocol'
import { describe, expect, test } from 'vitest'
import { LogManager } from '../../src/log/directory/log-manager.ts'
import type { PartitionLog } from '../../src/log/partition-log.ts'
import { batchOf, codecs, logConfig, recordsIn, topicConfig } from './log-fixture.ts'

const PARTITION = { topic: 'orders', topicId: 'b3JkZXJzb3JkZXJzb3JkZQ', partition: 0 }
const CONFIG = topicConfig({ 'segment.bytes': 3_000, 'index.interval.bytes': 200 })

async function openOn(simulation: Simulation): Promise<{ logs: LogManager; log: PartitionLog }> {
  const logs = await LogManager.open(simulation.node('broker').platform, logConfig({ 'log.dirs': '/data' }))
  await logs.openAll([{ ...PARTITION, config: CONFIG }])
  return { logs, log: logs.get('orders', 0)! }
}

/** Records that could be appended, one to a batch, until the disk refused one. */
function appendUntilRefused(log: PartitionLog, prefix: string, limit: number): string[] {
  const appended: string[] = []
  try {
    for (let index = 0; index < limit; index++) {
      const value = `${prefix}${index}`.padEnd(index % 400, '.')
      log.append(batchOf({ values: [value], timestampMs: index }), 1_000)
      appended.push(value)
    }
  } catch (error) {
    if (!(error instanceof KafkaError)) throw error
    expect(error).toMatchObject({ errorCode: ErrorCode.KAFKA_STORAGE_ERROR, retriable: true })
  }
  return appended
}

describe('a full disk', () => {
  test.each([1, 2, 3, 4, 5, 6, 7, 8])(
    'refuses appends, keeps serving, and goes on when there is space (seed %i)',
    async seed => {
      const simulation = new Simulation({ seed, codecs })
      const node = simulation.node('broker')
      await simulation.complete(
        (async () => {
          const { logs, log } = await openOn(simulation)
          const expected: string[] = []
          for (let round = 1; round <= 5; round++) {
            node.diskConditions = { ...CALM_DISK, capacityBytes: round * 5_000 + simulation.random.integer(900) }
            expected.push(...appendUntilRefused(log, `${round}-`, 1_000))
            expect(log.logEndOffset).toBe(expected.length)
            await log.synced(expected.length)
            expect((await recordsIn(log)).map(record => record.value)).toEqual(expected)
          }
          node.diskConditions = CALM_DISK
          expected.push(...appendUntilRefused(log, 'last-', 20))
          await logs.close()
          const { log: again } = await openOn(simulation)
          expect((await recordsIn(again)).map(record => record.value)).toEqual(expected)
        })(),
      )
    },
  )

  test('crashed on: what was acknowledged is there, and nothing half', async () => {
    for (let seed = 1; seed <= 30; seed++) {
      const simulation = new Simulation({ seed, codecs })
      const node = simulation.node('broker')
      let expected: string[] = []
      await simulation.complete(
        (async () => {
          const { log } = await openOn(simulation)
          node.diskConditions = { ...CALM_DISK, capacityBytes: 8_000 + simulation.random.integer(3_000) }
          expected = appendUntilRefused(log, 'a', 1_000)
          await log.synced(expected.length)
          appendUntilRefused(log, 'b', 1)
        })(),
      )
      node.crash(simulation.random.pick(['kill', 'power']))
      node.diskConditions = CALM_DISK
      node.start()
      await simulation.complete(
        (async () => {
          const { log } = await openOn(simulation)
          expect((await recordsIn(log)).map(record => record.value).slice(0, expected.length)).toEqual(expected)
        })(),
      )
    }
  })

  test('does not keep a topic from coming to be later', async () => {
    const simulation = new Simulation({ seed: 1, codecs })
    const node = simulation.node('broker')
    await simulation.complete(
      (async () => {
        const { logs } = await openOn(simulation)
        node.diskConditions = { ...CALM_DISK, capacityBytes: 0 }
        const late = { topic: 'late', topicId: 'bGF0ZWxhdGVsYXRlbGF0ZQ', partition: 0 }
        expect(logs.create(late, CONFIG)).toBeUndefined()
        expect(logs.get('late', 0)).toBeUndefined()
        node.diskConditions = CALM_DISK
        logs.get('late', 0)!.append(batchOf({ values: ['a'] }), 1_000)
        await logs.get('late', 0)!.synced(1)
      })(),
    )
  })
})

describe('a failed sync', () => {
  test('takes the partition offline for good, and nobody is told that their records are safe', async () => {
    const simulation = new Simulation({ seed: 1, codecs })
    const node = simulation.node('broker')
    await simulation.complete(
      (async () => {
        const { logs, log } = await openOn(simulation)
        log.append(batchOf({ values: ['safe'] }), 1_000)
        await log.synced(1)
        let notified = 0
        log.onHighWatermarkAdvance(() => notified++)
        node.diskConditions = { ...CALM_DISK, syncErrorRate: 1 }
        log.append(batchOf({ values: ['unsafe'] }), 1_000)
        const offline = { errorCode: ErrorCode.KAFKA_STORAGE_ERROR }
        await expect(log.synced(2)).rejects.toMatchObject(offline)
        node.diskConditions = CALM_DISK
        expect(log.offlineReason).toBeDefined()
        expect(logs.directories).toMatchObject([{ isOffline: true }])
        expect(notified).toBe(1)
        expect(log.highWatermark).toBe(1)
        await expect(log.synced(2)).rejects.toMatchObject(offline)
        expect(() => log.append(batchOf({ values: ['no'] }), 1_000)).toThrow(expect.objectContaining(offline))
        expect(() => log.read(0, 1, { isolation: 'read_uncommitted', minOneBatch: true })).toThrow(
          expect.objectContaining(offline),
        )
        await logs.close()
        const { logs: reopened, log: recovered } = await openOn(simulation)
        expect(reopened.wasCleanlyClosed).toBe(false)
        expect((await recordsIn(recovered))[0]).toEqual({ offset: 0, value: 'safe' })
      })(),
    )
  })

  test('of one partition leaves the others alone', async () => {
    const simulation = new Simulation({ seed: 3, codecs })
    const node = simulation.node('broker')
    await simulation.complete(
      (async () => {
        const { logs, log } = await openOn(simulation)
        const other = logs.create({ ...PARTITION, partition: 1 }, CONFIG)!
        node.diskConditions = { ...CALM_DISK, syncErrorRate: 1 }
        log.append(batchOf({ values: ['unsafe'] }), 1_000)
        await expect(log.synced(1)).rejects.toThrow()
        node.diskConditions = CALM_DISK
        other.append(batchOf({ values: ['safe'] }), 1_000)
        await other.synced(1)
        expect(await recordsIn(other)).toHaveLength(1)
      })(),
    )
  })
})

test('a failed write is cut off again', async () => {
  const simulation = new Simulation({ seed: 5, codecs })
  const node = simulation.node('broker')
  await simulation.complete(
    (async () => {
      const { logs, log } = await openOn(simulation)
      const expected: string[] = []
      for (let round = 0; round < 30; round++) {
        node.diskConditions = { ...CALM_DISK, writeErrorRate: round % 2 === 0 ? 0 : 0.5 }
        expected.push(...appendUntilRefused(log, `${round}-`, 5))
      }
      node.diskConditions = CALM_DISK
      await log.synced(expected.length)
      await logs.close()
      const { log: again } = await openOn(simulation)
      expect((await recordsIn(again)).map(record => record.value)).toEqual(expected)
    })(),
  )
})

test('a failed read fails that read only', async () => {
  const simulation = new Simulation({ seed: 1, codecs })
  const node = simulation.node('broker')
  await simulation.complete(
    (async () => {
      const { log } = await openOn(simulation)
      log.append(batchOf({ values: ['a'] }), 1_000)
      await log.synced(1)
      node.diskConditions = { ...CALM_DISK, readErrorRate: 1 }
      await expect(recordsIn(log)).rejects.toMatchObject({ errorCode: ErrorCode.KAFKA_STORAGE_ERROR, retriable: true })
      expect(log.readableBytes(0, 'read_uncommitted')).toBeGreaterThan(0)
      node.diskConditions = CALM_DISK
      expect(await recordsIn(log)).toHaveLength(1)
    })(),
  )
})
