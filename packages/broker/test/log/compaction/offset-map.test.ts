import fc from 'fast-check'
import { expect, test } from 'vitest'
import { BYTES_PER_KEY, OffsetMap } from '../../../src/log/compaction/offset-map.ts'

const SIZE = { maxBytes: 1 << 20, maxKeys: 1_000, loadFactor: 0.9 }

test('an offset map has the latest offset of each key, as a Map has', () => {
  const key = fc.oneof(
    fc.uint8Array({ maxLength: 3 }),
    fc.uint8Array({ minLength: 30, maxLength: 33 }),
    fc.uint8Array({ minLength: 30, maxLength: 33 }).map(bytes => bytes.fill(0)),
  )
  fc.assert(
    fc.property(fc.array(key, { maxLength: 200 }), fc.integer(), (keys, seed) => {
      const map = new OffsetMap(SIZE, seed)
      const model = new Map<string, number>()
      keys.forEach((bytes, index) => {
        const buffer = Buffer.concat([Buffer.of(1), bytes, Buffer.of(2)])
        expect(map.offsetOf(buffer, 1, buffer.length - 1)).toBe(model.get(bytes.join()) ?? -1)
        map.put(buffer, 1, buffer.length - 1, 2 ** 40 + index)
        model.set(bytes.join(), 2 ** 40 + index)
      })
      expect(map.size).toBe(model.size)
      for (const bytes of keys) expect(map.offsetOf(Buffer.from(bytes), 0, bytes.length)).toBe(model.get(bytes.join()))
    }),
  )
})

test.each([
  ['the offsets there are', { maxBytes: 1 << 20, maxKeys: 100, loadFactor: 0.9 }, 100],
  ['its memory', { maxBytes: 64 * BYTES_PER_KEY, maxKeys: 1_000_000, loadFactor: 0.5 }, 32],
  ['at least one key', { maxBytes: 1, maxKeys: 1_000, loadFactor: 0.1 }, 1],
])('an offset map takes as many keys as %s allow', (_, size, expected) => {
  const map = new OffsetMap(size, 1)
  expect(map.capacity).toBeGreaterThanOrEqual(expected)
  const key = Buffer.alloc(8)
  for (let number = 0; !map.isFull; number++) {
    key.writeDoubleBE(number)
    map.put(key, 0, 8, number)
  }
  expect(map.size).toBe(map.capacity)
  key.writeDoubleBE(-1)
  expect(map.offsetOf(key, 0, 8)).toBe(-1)
})
