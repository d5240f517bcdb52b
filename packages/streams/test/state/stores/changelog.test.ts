import { Serdes } from '@millrace/client'
import { describe, expect, test } from 'vitest'
import { Stores } from '../../../src/state/store-builder.ts'
import { TaskState } from '../../../src/state/task-state.ts'
import { type LoggedChange, restored, StoreHome } from '../../contracts/store-home.ts'

const hexes = (changes: readonly LoggedChange[]) =>
  changes.map(
    ({ key, value, timestampMs }) => `${key.toString('hex')}=${value?.toString('hex') ?? null}@${timestampMs}`,
  )

const home = () => new StoreHome(TaskState.inMemory(1))

describe('changelog records have the bytes of Kafka Streams', () => {
  test('timestamped key-value: the raw value at its own time, a delete at the time of the record', () => {
    const task = home()
    const store = Stores.timestampedKeyValueStoreBuilder(
      Stores.persistentKeyValueStore('counts'),
      Serdes.string(),
      Serdes.int64(),
    ).build(task)
    task.timestampMs = 5
    store.put('a', 1, 10)
    store.put('a', null, 99)
    expect(hexes(task.changelog)).toEqual(['61=0000000000000001@10', '61=null@5'])
  })

  test('plain key-value: the value at the time of the record', () => {
    const task = home()
    const store = Stores.keyValueStoreBuilder(
      Stores.inMemoryKeyValueStore('kv'),
      Serdes.string(),
      Serdes.string(),
    ).build(task)
    task.timestampMs = 5
    store.put('a', '1')
    task.timestampMs = 2
    store.delete('zz')
    expect(hexes(task.changelog)).toEqual(['61=31@5', '7a7a=null@2'])
  })

  test('windows: key, start and sequence 0', () => {
    const task = home()
    const store = Stores.timestampedWindowStoreBuilder(
      Stores.persistentWindowStore('w', { retentionMs: 10_000, windowSizeMs: 1_000 }),
      Serdes.string(),
      Serdes.int64(),
    ).build(task)
    store.put('a', 1, 1_000, 1_002)
    expect(hexes(task.changelog)).toEqual(['6100000000000003e800000000=0000000000000001@1002'])
  })

  test('a store without a changelog logs nothing', () => {
    const task = home()
    const supplier = Stores.persistentKeyValueStore('kv')
    Stores.keyValueStoreBuilder(supplier, Serdes.string(), Serdes.string())
      .withLoggingDisabled()
      .build(task)
      .put('a', '1')
    expect(task.changelog).toEqual([])
  })
})

describe('a store restored from its changelog', () => {
  test('timestamped key-value holds the same values and times', () => {
    const builder = Stores.timestampedKeyValueStoreBuilder(
      Stores.persistentKeyValueStore('counts'),
      Serdes.string(),
      Serdes.int64(),
    )
    const first = home()
    const store = builder.build(first)
    store.put('a', 1, 10)
    store.put('b', 2, 20)
    store.put('b', null, 0)
    const second = home()
    const copy = restored(builder, second, first.changelog)
    expect([...copy.all()]).toEqual([['a', { value: 1, timestampMs: 10 }]])
    expect(second.changelog).toEqual([])
  })

  test('windows hold the same rows, and what has expired meanwhile is dropped without a word', () => {
    const builder = Stores.timestampedWindowStoreBuilder(
      Stores.persistentWindowStore('w', { retentionMs: 60_000, windowSizeMs: 1_000 }),
      Serdes.string(),
      Serdes.string(),
    )
    const first = home()
    const store = builder.build(first)
    store.put('a', 'old', 0, 7)
    store.put('a', 'new', 300_000, 300_001)
    store.put('b', 'new', 299_000, 299_001)
    const second = home()
    const copy = restored(builder, second, [...first.changelog, first.changelog[0]!])
    expect([...copy.all()].map(([key, { value, timestampMs }]) => `${key} ${value} ${timestampMs}`)).toEqual([
      '[b@299000/300000] new 299001',
      '[a@300000/301000] new 300001',
    ])
    expect(second.expired).toBe(0)
  })
})

describe('a rolled back store', () => {
  test('has its old clock as well as its old rows once it is built again', () => {
    const builder = Stores.windowStoreBuilder(
      Stores.persistentWindowStore('w', { retentionMs: 60_000, windowSizeMs: 1_000 }),
      Serdes.string(),
      Serdes.string(),
    )
    const task = home()
    builder.build(task).put('a', 'kept', 0)
    task.commit()
    builder.build(task).put('a', 'aborted', 900_000)
    task.state.rollback()
    expect([...builder.build(task).all()].map(([, value]) => value)).toEqual(['kept'])
  })
})
