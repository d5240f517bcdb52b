import { expect, test } from 'vitest'
import { Record } from '../../src/processor/record.ts'
import { fixedKey } from '../../src/processors/fixed-key.ts'
import { jsonStore, operate } from './operate.ts'

test('lets everything but the key change', () => {
  const { feed } = operate(
    fixedKey<string, number, string>(context => ({
      process: record => context.forward(record.withValue(`${record.value}`).withTimestamp(9)),
    })),
  )
  expect(feed('a', 1, 5)).toEqual([['a', '1', 9]])
})

test('refuses another key', () => {
  const { feed } = operate(
    fixedKey<string, number, number>(context => ({
      process: record => context.forward(new Record('b', 1, record.timestampMs)),
    })),
  )
  expect(() => feed('a', 1, 5)).toThrow('processValues must forward the key of the record it was given')
})

test('the processor has the rest of its context', () => {
  const { feed, driver } = operate(
    fixedKey<string, number, string>(context => {
      const store = context.getStateStore('store')
      context.schedule(10, 'wall-clock-time', () => context.drop('null key'))
      return {
        process(record) {
          context.commit()
          const { topic, partition, offset } = context.recordMetadata()!
          const place = [context.applicationId, context.taskId, topic, partition, offset, store.name]
          context.forward(
            record.withValue([...place, context.currentStreamTimeMs(), context.currentSystemTimeMs()].join(' ')),
          )
        },
      }
    }),
    jsonStore(),
  )
  expect(feed('a', 1, 5)).toEqual([['a', 'test 0_0 in 0 0 store 5 0', 5]])
  driver.advanceWallClockTime(10)
  expect(driver.droppedRecords('0_0')).toEqual(new Map([['null key', 1]]))
})
