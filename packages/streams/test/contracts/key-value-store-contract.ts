import { Serdes } from '@millrace/client'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { KeyValueStore } from '../../src/state/state-store.ts'

export interface OpenKeyValueStore {
  readonly store: KeyValueStore<Uint8Array, string>
  /** Commits, and persists where there is something to persist to. */
  commit(): Promise<void>
  close(): Promise<void>
}

/** What every KeyValueStore promises. A new store or wrapper earns its place by passing this. */
export function keyValueStoreContract(name: string, open: () => Promise<OpenKeyValueStore>): void {
  describe(`${name} is a KeyValueStore`, () => {
    let opened: OpenKeyValueStore
    let store: KeyValueStore<Uint8Array, string>
    beforeEach(async () => {
      opened = await open()
      store = opened.store
    })
    afterEach(() => opened.close())

    test('get finds what was put, delete returns and removes it', () => {
      expect(store.get(bytes(1))).toBeUndefined()
      store.put(bytes(1), 'a')
      expect(store.get(bytes(1))).toBe('a')
      expect(store.delete(bytes(1))).toBe('a')
      expect(store.delete(bytes(1))).toBeUndefined()
      expect(store.get(bytes(1))).toBeUndefined()
    })

    test('putting null deletes', () => {
      store.put(bytes(1), 'a')
      store.put(bytes(1), null)
      expect(store.get(bytes(1))).toBeUndefined()
      expect([...store.all()]).toEqual([])
    })

    test('putIfAbsent writes only where there is nothing', () => {
      expect(store.putIfAbsent(bytes(1), 'a')).toBeUndefined()
      expect(store.putIfAbsent(bytes(1), 'b')).toBe('a')
      expect(store.get(bytes(1))).toBe('a')
    })

    test('a null key is refused', () => {
      expect(() => store.get(null as never)).toThrow('must not be null')
      expect(() => store.put(null as never, 'a')).toThrow('must not be null')
    })

    test('an empty key and an empty value are a key and a value', () => {
      store.put(bytes(), '')
      expect(store.get(bytes())).toBe('')
      expect([...store.all()]).toHaveLength(1)
    })

    test('range() is inclusive at both ends and ordered by unsigned bytes', async () => {
      for (const key of [0xff, 0x01, 0x80, 0x7f]) store.put(bytes(key), String(key))
      const range = () => [...store.range(bytes(0x7f), bytes(0xff))].map(([key]) => key[0])
      expect(range()).toEqual([0x7f, 0x80, 0xff])
      await opened.commit()
      expect(range()).toEqual([0x7f, 0x80, 0xff])
      expect([...store.reverseRange(bytes(0x01), bytes(0x7f))].map(([key]) => key[0])).toEqual([0x7f, 0x01])
      expect([...store.range(bytes(0x80), bytes(0x7f))]).toEqual([])
    })

    test('prefixScan finds the keys that start with the prefix', async () => {
      for (const key of [[1], [1, 0], [1, 0xff], [1, 0xff, 0], [2], [0xff, 0xff], [0xff]]) store.put(bytes(...key), 'v')
      await opened.commit()
      const found = (prefix: number[]) =>
        [...store.prefixScan(bytes(...prefix), Serdes.bytes())].map(([key]) => [...key])
      expect(found([1])).toEqual([[1], [1, 0], [1, 0xff], [1, 0xff, 0]])
      expect(found([1, 0xff])).toEqual([
        [1, 0xff],
        [1, 0xff, 0],
      ])
      expect(found([0xff])).toEqual([[0xff], [0xff, 0xff]])
      expect(found([3])).toEqual([])
    })

    test('rows may be deleted and added while they are walked', async () => {
      for (let i = 0; i < 20; i++) store.put(bytes(i), 'v')
      await opened.commit()
      const walked: number[] = []
      for (const [key] of store.all()) {
        walked.push(key[0]!)
        store.delete(key)
        if (key[0] === 5 && key.length === 1) {
          store.put(bytes(0), 'behind')
          store.put(bytes(5, 1), 'ahead')
        }
      }
      expect(walked).toEqual([0, 1, 2, 3, 4, 5, 5, ...Array.from({ length: 14 }, (_, i) => i + 6)])
      expect([...store.all()].map(([key]) => [...key])).toEqual([[0]])
    })

    test('answers like a sorted map through commits', () =>
      fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 40 }), async steps => {
          for (const [key] of [...store.all()]) store.delete(key)
          const expected = new Map<string, string>()
          for (const each of steps) {
            if (each === 'commit') await opened.commit()
            else {
              const [key, value] = each
              if (value === null) expected.delete(hex(key))
              else expected.set(hex(key), value)
              store.put(key, value)
            }
          }
          const sorted = [...expected].sort(([left], [right]) => (left < right ? -1 : 1))
          expect(hexRows(store.all())).toEqual(sorted)
          expect(hexRows(store.reverseAll())).toEqual(sorted.toReversed())
          for (const [key, value] of sorted) expect(store.get(Buffer.from(key, 'hex'))).toBe(value)
          const [from, to] = ['20', '9f']
          const within = sorted.filter(([key]) => key >= from && key <= to)
          const [fromKey, toKey] = [Buffer.from(from, 'hex'), Buffer.from(to, 'hex')]
          expect(hexRows(store.range(fromKey, toKey))).toEqual(within)
          expect(hexRows(store.reverseRange(fromKey, toKey))).toEqual(within.toReversed())
          expect(hexRows(store.range(null, toKey))).toEqual(sorted.filter(([key]) => key <= to))
          expect(hexRows(store.range(fromKey, null))).toEqual(sorted.filter(([key]) => key >= from))
        }),
        { numRuns: 60 },
      ))
  })
}

type Step = 'commit' | readonly [key: Uint8Array, value: string | null]
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.tuple(fc.uint8Array({ maxLength: 2 }), fc.option(fc.string({ maxLength: 4 }), { nil: null })),
  },
  { weight: 1, arbitrary: fc.constant('commit' as const) },
)

function bytes(...values: number[]): Uint8Array {
  return Buffer.from(values)
}

function hex(key: Uint8Array): string {
  return Buffer.from(key).toString('hex')
}

function hexRows(rows: Iterable<readonly [Uint8Array, string]>): [string, string][] {
  return [...rows].map(([key, value]) => [hex(key), value])
}
