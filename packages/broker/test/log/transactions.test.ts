import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { ErrorCode, KafkaError } from '@millrace/protocol'
import { describe, expect, test } from 'vitest'
import type { PartitionLog } from '../../src/log/partition-log.ts'
import { type BatchSpec, batchOf } from './log-fixture.ts'
import { RealLog } from './real-logs.ts'

const COMMITTED = { isolation: 'read_committed', minOneBatch: true } as const

/** Producers that write two records at a time, in transactions. */
class Producers {
  private readonly next = new Map<number, number>()
  constructor(private readonly log: () => PartitionLog) {}

  write(producerId: number, more: Partial<BatchSpec> = {}): void {
    const baseSequence = this.next.get(producerId) ?? 0
    this.next.set(producerId, baseSequence + 2)
    const spec = { values: ['a', 'b'], producerId, producerEpoch: 0, baseSequence, transactional: true, ...more }
    this.log().append(batchOf(spec), 1_000)
  }
  end(
    producerId: number,
    verdict: 'commit' | 'abort',
    more: { coordinatorEpoch?: number; producerEpoch?: number } = {},
  ) {
    return this.log().appendMarker({ producerId, producerEpoch: 0, coordinatorEpoch: 0, verdict, ...more }, 1_000)
  }
}

async function opened(overrides: Parameters<typeof RealLog.open>[0] = {}) {
  const real = await RealLog.open(overrides)
  return { real, producers: new Producers(() => real.log) }
}

/** What a consumer of committed records sees from `offset` on. */
async function committed(log: PartitionLog, offset = 0, maxBytes = 1 << 20) {
  const { sizeInBytes, lastStableOffset, abortedTransactions } = await log.read(offset, maxBytes, COMMITTED)
  return {
    hasBytes: sizeInBytes > 0,
    lastStableOffset,
    aborted: abortedTransactions!.map(({ producerId, firstOffset }) => [producerId, firstOffset]),
  }
}

describe('readers of committed records', () => {
  test('stop in front of the earliest open transaction, and of a marker that is not durable yet', async () => {
    const { real, producers } = await opened()
    await using _ = real
    const { log } = real
    log.append(batchOf({ values: ['plain'] }), 1_000)
    producers.write(1)
    producers.write(2)
    await log.synced(5)
    expect(log.lastStableOffset).toBe(1)
    producers.end(1, 'commit')
    expect(log.lastStableOffset).toBe(1)
    await log.synced(6)
    expect(log.lastStableOffset).toBe(3)
    producers.end(2, 'commit')
    await log.synced(7)
    expect(log.lastStableOffset).toBe(7)
  })

  test('wait for bytes below the last stable offset only', async () => {
    const { real, producers } = await opened()
    await using _ = real
    const { log } = real
    log.append(batchOf({ values: ['plain'] }), 1_000)
    const plainBytes = log.sizeInBytes
    producers.write(1)
    await log.synced(3)
    expect(log.readableBytes(0, 'read_committed')).toBe(plainBytes)
    expect(log.readableBytes(1, 'read_committed')).toBe(0)
    expect(log.readableBytes(0, 'read_uncommitted')).toBe(log.sizeInBytes)
  })

  test('are told what was rolled back, by first offset, of the part that they read', async () => {
    const { real, producers } = await opened()
    await using _ = real
    const { log } = real
    producers.write(1)
    producers.write(2)
    producers.write(3)
    producers.end(2, 'abort')
    producers.end(3, 'commit')
    producers.end(1, 'abort')
    producers.write(1)
    producers.end(1, 'abort')
    await log.synced(log.logEndOffset)
    expect(await committed(log)).toMatchObject({
      aborted: [
        [1, 0],
        [2, 2],
        [1, 9],
      ],
    })
    // One batch at a time.
    expect(await committed(log, 0, 1)).toMatchObject({ aborted: [[1, 0]] })
    expect(await committed(log, 2, 1)).toMatchObject({
      aborted: [
        [1, 0],
        [2, 2],
      ],
    })
    expect(await committed(log, 9, 1)).toMatchObject({ aborted: [[1, 9]] })
    expect((await log.read(0, 1_000, { ...COMMITTED, isolation: 'read_uncommitted' })).abortedTransactions).toBeNull()
  })
})

describe('a transaction', () => {
  const over = { 'segment.bytes': 300, 'index.interval.bytes': 0 } as const

  test('that spans segments is found from each of them, also after a stop, a crash and without its indexes', async () => {
    const { real, producers } = await opened(over)
    await using _ = real
    for (let round = 0; round < 6; round++) {
      producers.write(1)
      producers.write(2)
    }
    producers.end(1, 'abort')
    producers.end(2, 'abort')
    producers.write(3)
    await real.log.synced(real.log.logEndOffset)
    const check = async () => {
      const { log } = real
      expect(log.lastStableOffset).toBe(26)
      expect(log.hasOpenTransaction(3, 0)).toBe(true)
      for (let offset = 0; offset < 22; offset += 4)
        expect(await committed(log, offset, 1)).toMatchObject({
          aborted:
            offset < 2
              ? [[1, 0]]
              : [
                  [1, 0],
                  [2, 2],
                ],
        })
    }
    await check()
    await real.reopen()
    await check()
    await real.crash()
    await check()
    await real.crash(() => {
      for (const name of readdirSync(real.path('.')).filter(each => /index$|snapshot$/.test(each)))
        rmSync(real.path(name))
    })
    await check()
    producers.end(3, 'abort')
    await real.log.synced(real.log.logEndOffset)
    expect(await committed(real.log, 26)).toMatchObject({ lastStableOffset: 29, aborted: [[3, 26]] })
  })

  test('that is rolled back is an entry of 34 bytes, as in Kafka', async () => {
    const { real, producers } = await opened()
    await using _ = real
    producers.write(1)
    producers.end(1, 'commit')
    producers.write(77)
    producers.end(77, 'abort')
    await real.reopen()
    const expected = Buffer.alloc(34)
    for (const [index, value] of [77, 3, 5, 6].entries()) expected.writeBigInt64BE(BigInt(value), 2 + index * 8)
    expect(readFileSync(real.path('00000000000000000000.txnindex'))).toEqual(expected)
  })

  test('that is only committed leaves no index', async () => {
    const { real, producers } = await opened()
    await using _ = real
    producers.write(1)
    producers.end(1, 'commit')
    await real.reopen()
    expect(readdirSync(real.path('.')).filter(name => name.endsWith('.txnindex'))).toEqual([])
  })

  test('ends with a control batch of one offset', async () => {
    const { real, producers } = await opened()
    await using _ = real
    producers.write(1)
    expect(producers.end(1, 'commit')).toMatchObject({ baseOffset: 2, lastOffset: 2 })
    await real.log.synced(3)
    expect((await committed(real.log)).hasBytes).toBe(true)
    expect(real.log.activeProducers).toEqual([
      {
        producerId: 1,
        producerEpoch: 0,
        lastSequence: 1,
        lastTimestampMs: 1_000,
        coordinatorEpoch: 0,
        currentTransactionFirstOffset: -1,
      },
    ])
  })

  test.each([
    { what: 'an older producer epoch', first: { producerEpoch: 1 }, late: {}, error: ErrorCode.INVALID_PRODUCER_EPOCH },
    {
      what: 'an older coordinator epoch',
      first: { coordinatorEpoch: 4 },
      late: { coordinatorEpoch: 3 },
      error: ErrorCode.TRANSACTION_COORDINATOR_FENCED,
    },
  ])('is not ended by $what', async ({ first, late, error }) => {
    const { real, producers } = await opened()
    await using _ = real
    producers.write(1)
    producers.end(1, 'commit', first)
    expect(() => producers.end(1, 'commit', late)).toThrow(expect.objectContaining({ errorCode: error }))
    expect(real.log.logEndOffset).toBe(3)
  })

  test('keeps the producer from writing outside of it', async () => {
    const { real, producers } = await opened()
    await using _ = real
    producers.write(1)
    expect(() => producers.write(1, { transactional: false })).toThrow(KafkaError)
    expect(real.log.logEndOffset).toBe(2)
  })
})

test('a batch of the broker itself, without a sequence, belongs to a transaction as well', async () => {
  const { real, producers } = await opened()
  await using _ = real
  for (let round = 0; round < 2; round++) producers.write(1, { baseSequence: -1 })
  await real.crash()
  expect(real.log.activeProducers).toMatchObject([
    { producerId: 1, lastSequence: -1, currentTransactionFirstOffset: 0 },
  ])
})
