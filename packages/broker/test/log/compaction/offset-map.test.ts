import fc from 'fast-check'
import { expect, test } from 'vitest'
import { BYTES_PER_KEY, OffsetMap } from '../../../src/log/compaction/offset-map.ts'

const SIZE = { maxBytes: 1 << 20, loadFactor: 0.9 }

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
        expect(map.put(buffer, 1, buffer.length - 1, 2 ** 40 + index)).toBe(true)
        model.set(bytes.join(), 2 ** 40 + index)
      })
      expect(map.size).toBe(model.size)
      for (const bytes of keys) expect(map.offsetOf(Buffer.from(bytes), 0, bytes.length)).toBe(model.get(bytes.join()))
    }),
  )
})

test.each([
  ['of its memory', { maxBytes: 1 << 20, loadFactor: 1 }, 15_000, 16_384],
  ['of its load factor', { maxBytes: 1 << 20, loadFactor: 0.5 }, 8_192, 8_192],
  ['of a little memory', { maxBytes: 64 * BYTES_PER_KEY, loadFactor: 0.9 }, 57, 57],
  ['of at least one key', { maxBytes: 1, loadFactor: 0.1 }, 1, 1],
])(
  'an offset map takes as many keys as fit into the share %s, and then still those it knows',
  (_, size, least, most) => {
    const map = new OffsetMap(size, 1)
    const key = Buffer.alloc(8)
    const put = (number: number, offset: number) => {
      key.writeDoubleBE(number)
      return map.put(key, 0, 8, offset)
    }
    let count = 0
    while (put(count, count)) count++
    expect(count).toBeGreaterThanOrEqual(least)
    expect(count).toBeLessThanOrEqual(most)
    expect(map.size).toBe(count)
    expect(map.latestOffset).toBe(count - 1)
    expect(map.offsetOf(key, 0, 8)).toBe(-1)
    for (let number = 0; number < count; number++) expect(put(number, 2 * number)).toBe(true)
    for (let number = 0; number < count; number++) {
      key.writeDoubleBE(number)
      expect(map.offsetOf(key, 0, 8)).toBe(2 * number)
    }
  },
)
