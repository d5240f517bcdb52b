import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { WindowStore } from '../../src/state/state-store.ts'

export interface OpenWindowStore {
  readonly store: WindowStore<string, string>
  /** Rows that were too old to be written. */
  readonly expired: number
  /** Commits, and persists where there is something to persist to. */
  commit(): Promise<void>
  close(): Promise<void>
}

export interface WindowTimes {
  readonly retentionMs: number
  readonly windowSizeMs: number
}

/**
 * What every WindowStore promises. `expiry` is when a write is too old: with its whole segment of
 * max(retention / 2, 60 s), or by itself.
 */
export function windowStoreContract(
  name: string,
  expiry: 'by-segment' | 'by-start',
  open: (times: WindowTimes) => Promise<OpenWindowStore>,
): void {
  describe(`${name} is a WindowStore`, () => {
    let opened: OpenWindowStore
    let store: WindowStore<string, string>
    const reopen = async (times: WindowTimes) => {
      await opened?.close()
      opened = await open(times)
      store = opened.store
    }
    beforeEach(() => reopen({ retentionMs: 100, windowSizeMs: 10 }))
    afterEach(() => opened.close())

    test('fetch finds the window of a key that starts at a time', () => {
      store.put('a', '1', 10)
      store.put('a', '2', 20)
      expect(store.fetch('a', 10)).toBe('1')
      expect(store.fetch('a', 15)).toBeUndefined()
      expect(store.fetch('b', 10)).toBeUndefined()
      store.put('a', null, 10)
      expect(store.fetch('a', 10)).toBeUndefined()
    })

    test('fetch over a range is inclusive at both ends and ordered by start', async () => {
      for (const start of [30, 10, 20, 40]) store.put('a', String(start), start)
      await opened.commit()
      store.put('ab', 'longer key', 20)
      store.put('', 'empty key', 20)
      expect([...store.fetch('a', 10, 30)]).toEqual([
        [10, '10'],
        [20, '20'],
        [30, '30'],
      ])
      expect([...store.backwardFetch('a', 15, 30)]).toEqual([
        [30, '30'],
        [20, '20'],
      ])
      expect([...store.fetch('a', 31, 39)]).toEqual([])
      expect([...store.fetch('', 0, 100)]).toEqual([[20, 'empty key']])
    })

    test('keys carry the end of their window', () => {
      store.put('a', 'x', 20)
      expect([...store.all()].map(([key]) => String(key))).toEqual(['[a@20/30]'])
    })

    test('reads show starts after observed time less retention', () => {
      // As in Kafka Streams' own trace of a store with a retention of 100 ms.
      const seen = (value: string | null, start: number) => {
        store.put('a', value, start)
        return [...store.fetch('a', 0, Number.MAX_SAFE_INTEGER)].map(([at, each]) => `${at}:${each}`).join(' ')
      }
      expect(seen('1', 0)).toBe('0:1')
      expect(seen('2', 99)).toBe('0:1 99:2')
      expect(seen('3', 100)).toBe('99:2 100:3')
      expect(seen('4', 199)).toBe('100:3 199:4')
      expect(seen('5', 50)).toBe('100:3 199:4')
      expect(seen(null, 199)).toBe('100:3')
      expect(seen('9', 200_000)).toBe('200000:9')
      expect(store.fetch('a', 100)).toBeUndefined()
    })

    test(`a write that is too old ${expiry} is dropped and told`, () => {
      store.put('a', 'new', 200_000)
      store.put('a', 'expired', 199_900)
      const droppedInLiveSegment = opened.expired
      expect(droppedInLiveSegment).toBe(expiry === 'by-start' ? 1 : 0)
      store.put('a', 'in an expired segment', 100_000)
      expect(opened.expired).toBe(droppedInLiveSegment + 1)
      expect([...store.all()].map(([key]) => key.startMs)).toEqual([200_000])
    })

    test('answers like a naive store while time goes on', () =>
      fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 50 }), fc.integer({ min: 1, max: 6 }), async (steps, minutes) => {
          const retentionMs = minutes * 60_000
          await reopen({ retentionMs, windowSizeMs: 1_000 })
          const rows = new Map<string, { key: string; start: number; value: string }>()
          let observed = -1
          for (const each of steps) {
            if (each === 'commit') {
              await opened.commit()
              continue
            }
            const { key, start, value } = each
            store.put(key, value, start)
            observed = Math.max(observed, start)
            if (value === null) rows.delete(`${key}@${start}`)
            else rows.set(`${key}@${start}`, { key, start, value })
          }
          const segment = (start: number) => Math.floor(start / Math.max(retentionMs / 2, 60_000))
          const visible = [...rows.values()]
            .filter(({ start }) => start > observed - retentionMs)
            .sort(
              (a, b) =>
                segment(a.start) - segment(b.start) || (a.key < b.key ? -1 : a.key > b.key ? 1 : a.start - b.start),
            )
          const found = [...store.all()].map(([{ key, startMs }, value]) => ({ key, start: startMs, value }))
          expect(found).toEqual(visible)
          expect([...store.backwardAll()].map(([{ startMs }, value]) => [startMs, value])).toEqual(
            visible.toReversed().map(({ start, value }) => [start, value]),
          )
          const [from, to] = [observed - 90_000, observed - 20_000]
          const between = visible.filter(({ start }) => start >= from && start <= to)
          expect([...store.fetchAll(from, to)].map(([{ key, startMs }]) => [key, startMs])).toEqual(
            between.map(({ key, start }) => [key, start]),
          )
          for (const key of ['a', 'b', 'c']) {
            const ofKey = between.filter(row => row.key === key).map(({ start, value }) => [start, value])
            expect([...store.fetch(key, from, to)]).toEqual(ofKey)
            expect([...store.backwardFetch(key, from, to)]).toEqual(ofKey.reverse())
          }
          for (const { key, start, value } of rows.values()) {
            expect(store.fetch(key, start)).toBe(start > observed - retentionMs ? value : undefined)
          }
        }),
        { numRuns: 60 },
      ))
  })
}

const step = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      key: fc.constantFrom('a', 'b', 'c'),
      start: fc.integer({ min: 0, max: 600 }).map(each => each * 1_000),
      value: fc.option(fc.string({ maxLength: 3 })),
    }),
  },
  { weight: 1, arbitrary: fc.constant('commit' as const) },
)
