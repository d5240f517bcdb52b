import type { RecordsToDelete } from '@millrace/client'
import { TopicPartitionMap } from '@millrace/client'
import { ErrorCode, KafkaError } from '@millrace/protocol'
import { describe, expect, test } from 'vitest'
import { SILENT_LOGGER } from '../../src/runtime/logger.ts'
import { RepartitionPurger } from '../../src/runtime/repartition-purger.ts'
import { SliceSize } from '../../src/runtime/slice-size.ts'
import { StateCleaner } from '../../src/runtime/state-cleaner.ts'

function manualClock() {
  let timeMs = 0
  return {
    nowMs: () => timeMs,
    monotonicMs: () => timeMs,
    pass: (ms: number) => {
      timeMs += ms
    },
  }
}

describe('RepartitionPurger', () => {
  function purger(outcome: () => Error | undefined) {
    const clock = manualClock()
    const requests: string[][] = []
    const purger = new RepartitionPurger({
      admin: {
        async deleteRecords(deletions: readonly RecordsToDelete[]) {
          requests.push(
            deletions.map(({ topic, partition, beforeOffset }) => `${topic}-${partition} < ${beforeOffset}`),
          )
          const error = outcome()
          if (error !== undefined) throw error
          return new TopicPartitionMap<number>()
        },
      },
      clock,
      logger: SILENT_LOGGER,
      intervalMs: 100,
      topics: new Set(['r']),
    })
    const turn = async (offset: number) => {
      purger.turn([
        { topic: 'r', partition: 0, offset },
        { topic: 'in', partition: 0, offset: 99 },
      ])
      await Promise.resolve()
    }
    return { clock, requests, turn }
  }

  test('deletes what is committed of repartition topics, once and each interval', async () => {
    const { clock, requests, turn } = purger(() => undefined)
    await turn(5)
    expect(requests).toEqual([])
    clock.pass(100)
    await turn(5)
    clock.pass(100)
    await turn(5)
    clock.pass(50)
    await turn(8)
    clock.pass(50)
    await turn(9)
    expect(requests).toEqual([['r-0 < 5'], ['r-0 < 9']])
  })

  test.each([
    { error: new KafkaError(ErrorCode.LEADER_NOT_AVAILABLE, 'r-0'), attempts: 2 },
    { error: new KafkaError(ErrorCode.TOPIC_AUTHORIZATION_FAILED, 'r-0'), attempts: 1 },
  ])('after $error.code it tries $attempts times', async ({ error, attempts }) => {
    const { clock, requests, turn } = purger(() => error)
    for (let round = 0; round < 2; round++) {
      clock.pass(100)
      await turn(5)
      await turn(5)
    }
    expect(requests).toHaveLength(attempts)
  })
})

describe('StateCleaner', () => {
  test('removes the state of tasks that have been elsewhere for the whole delay', async () => {
    const clock = manualClock()
    const stored = new Set(['0_0', '0_1', '0_2'])
    const cleaner = new StateCleaner({
      clock,
      logger: SILENT_LOGGER,
      opener: {
        storedTaskIds: () => [...stored],
        discard: async taskId => {
          stored.delete(taskId)
        },
      },
      delayMs: 600_000,
    })
    const owned = new Set(['0_0', '0_1'])
    for (let minute = 0; minute < 5; minute++) {
      await cleaner.turn(taskId => owned.has(taskId))
      clock.pass(60_000)
    }
    owned.delete('0_1')
    for (let minute = 0; minute < 8; minute++) {
      await cleaner.turn(taskId => owned.has(taskId))
      clock.pass(60_000)
    }
    expect([...stored]).toEqual(['0_0', '0_1'])
    owned.add('0_1')
    await cleaner.turn(taskId => owned.has(taskId))
    owned.delete('0_1')
    clock.pass(60_000)
    await cleaner.turn(taskId => owned.has(taskId))
    clock.pass(540_000)
    await cleaner.turn(taskId => owned.has(taskId))
    expect([...stored]).toEqual(['0_0', '0_1'])
    clock.pass(60_000)
    await cleaner.turn(taskId => owned.has(taskId))
    expect([...stored]).toEqual(['0_0'])
  })
})

describe('SliceSize', () => {
  test('grows while slices are quick and full, shrinks when they are slow, stays within bounds', () => {
    const slice = new SliceSize()
    const first = slice.records
    slice.took(first, 1)
    expect(slice.records).toBe(first * 2)
    slice.took(first, 1)
    expect(slice.records).toBe(first * 2)
    slice.took(slice.records, 11)
    expect(slice.records).toBe(first)
    for (let i = 0; i < 100; i++) slice.took(slice.records, 0)
    expect(slice.records).toBeLessThanOrEqual(16_384)
    for (let i = 0; i < 100; i++) slice.took(slice.records, 1_000)
    expect(slice.records).toBe(1)
  })
})
