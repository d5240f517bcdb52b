import { Serdes } from '@millrace/client'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { SimulatedEngineDisk } from '../../../src/state/engine/simulated-engine.ts'
import { joinStoreBuilder, unmatchedStoreBuilder } from '../../../src/state/store-builder.ts'
import { TaskState } from '../../../src/state/task-state.ts'
import { restored, StoreHome } from '../../contracts/store-home.ts'
import { eagerTimers, seededRandom } from '../seeded-time.ts'

const MINUTE_MS = 60_000
const TEXT = Serdes.string()
const hex = (bytes: Buffer | null): string | null => bytes?.toString('hex') ?? null

async function stateOnDisk(): Promise<TaskState> {
  const engines = new SimulatedEngineDisk().engines({ random: seededRandom(3), timers: eagerTimers })
  const options = { timers: eagerTimers, seed: 5, readCacheBytes: 16 * 1024, directory: 'state' }
  return TaskState.over(await engines.open('state'), options)
}

/** A record that was put, and the store's clock then. */
interface Kept {
  readonly key: string
  readonly timestampMs: number
  readonly value: string
}

describe('the records of one side of a join', () => {
  const windowSizeMs = 2 * MINUTE_MS
  const retentionMs = 4 * MINUTE_MS
  const segmentMs = 2 * MINUTE_MS
  const builderOf = (persistent: boolean) =>
    joinStoreBuilder('side', persistent, { retentionMs, windowSizeMs }, TEXT, TEXT)
  const key = fc.constantFrom('a', 'ab', 'b')
  const timestampMs = fc.nat(12).map(halfMinutes => halfMinutes * (MINUTE_MS / 2))
  const action = fc.oneof(
    // values of 1 kB fill pages
    { weight: 6, arbitrary: fc.record({ put: key, timestampMs, sizeBytes: fc.constantFrom(1, 1_000) }) },
    { weight: 3, arbitrary: fc.record({ fetch: key, fromMs: timestampMs, toMs: timestampMs }) },
    { weight: 1, arbitrary: fc.constant('commit' as const) },
    { weight: 1, arbitrary: fc.constant('reopen' as const) },
  )

  test.each([true, false])(
    'are found by key and time, as they came, until they expire (persistent: %s)',
    async persistent => {
      const property = fc.asyncProperty(fc.array(action, { maxLength: 80, size: 'max' }), async actions => {
        const state = persistent ? await stateOnDisk() : TaskState.inMemory(1)
        const home = new StoreHome(state)
        let store = builderOf(persistent).build(home)
        let kept: Kept[] = []
        let observedMs = -1
        let expired = 0
        for (const [index, step] of actions.entries()) {
          if (step === 'commit') {
            home.commit()
            await state.persistent.persist(0)
          } else if (step === 'reopen') {
            store = builderOf(persistent).build(home)
          } else if ('put' in step) {
            const value = `${index}`.padEnd(step.sizeBytes, '.')
            observedMs = Math.max(observedMs, step.timestampMs)
            const oldestMs = Math.max(0, observedMs - retentionMs)
            const firstLiveMs = persistent ? oldestMs - (oldestMs % segmentMs) : observedMs - retentionMs + 1
            if (step.timestampMs >= firstLiveMs) kept.push({ key: step.put, timestampMs: step.timestampMs, value })
            else expired++
            store.putEncoded(store.encodeKey(step.put), value, step.timestampMs)
          } else {
            const { fetch: wanted, fromMs, toMs } = step
            kept = kept.filter(record => record.timestampMs > observedMs - retentionMs)
            const expected = kept
              .filter(record => record.key === wanted && record.timestampMs >= fromMs && record.timestampMs <= toMs)
              .sort((one, other) => one.timestampMs - other.timestampMs)
              .map(({ timestampMs, value }) => ({ timestampMs, value }))
            expect(store.fetchEncoded(store.encodeKey(wanted), fromMs, toMs)).toEqual(expected)
          }
        }
        expect(home.expired).toBe(expired)

        const copy = restored(builderOf(persistent), new StoreHome(TaskState.inMemory(2)), home.changelog)
        for (const each of ['a', 'ab', 'b']) {
          const range = [0, Number.MAX_SAFE_INTEGER] as const
          const bytes = store.encodeKey(each)
          expect(copy.fetchEncoded(bytes, ...range)).toEqual(store.fetchEncoded(bytes, ...range))
        }
        await state.close()
      })
      await fc.assert(property, { numRuns: 60 })
    },
  )

  test('have a changelog key each, as in Kafka Streams; null is not kept', () => {
    const home = new StoreHome(TaskState.inMemory(1))
    const store = builderOf(true).build(home)
    const k = store.encodeKey('k')
    home.timestampMs = 1
    store.putEncoded(k, 'a', 1)
    store.putEncoded(k, null, 1)
    store.putEncoded(k, 'b', 1)
    expect(home.changelog.map(change => [hex(change.key), hex(change.value), change.timestampMs])).toEqual([
      ['6b000000000000000100000001', '61', 1],
      ['6b000000000000000100000002', '62', 1],
    ])
  })
})

describe('what waits for a partner', () => {
  const builder = unmatchedStoreBuilder('shared', true, TEXT, TEXT, Serdes.int64())

  test('comes by time, the right side first, then by key', () => {
    const store = builder.build(new StoreHome(TaskState.inMemory(1)))
    store.add('left', 'b', 5, 'x')
    store.add('left', 'a', 5, 'y')
    store.add('right', 'z', 5, 1)
    store.add('right', 'a', 300, 2)
    store.add('left', 'b', 5, 'x2')
    store.add('left', 'c', 4, 'w')
    expect([...store.all()].map(({ timestampMs, side, key, values }) => [timestampMs, side, key, ...values])).toEqual([
      [4, 'left', 'c', 'w'],
      [5, 'right', 'z', 1],
      [5, 'left', 'a', 'y'],
      [5, 'left', 'b', 'x', 'x2'],
      [300, 'right', 'a', 2],
    ])
  })

  test('has the changelog of Kafka Streams, from which it is restored', () => {
    const home = new StoreHome(TaskState.inMemory(1))
    const store = builder.build(home)
    store.add('left', 'k', 1, 'a')
    store.add('left', 'k', 1, 'b')
    store.add('right', 'k', 30, 2)
    store.remove('left', 'k', 1)
    store.remove('left', 'k', 1)
    store.remove('right', 'other', 30)
    expect(home.changelog.map(change => [hex(change.key), hex(change.value)])).toEqual([
      ['0000000000000001016b', '0100000001000000020161'],
      ['0000000000000001016b', '0100000002000000020161000000020162'],
      ['000000000000001e006b', '010000000100000009000000000000000002'],
      ['0000000000000001016b', null],
    ])
    const copy = restored(builder, new StoreHome(TaskState.inMemory(2)), home.changelog)
    expect([...copy.all()]).toEqual([{ timestampMs: 30, side: 'right', key: 'k', values: [2] }])
  })
})
