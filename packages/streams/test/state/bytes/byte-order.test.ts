import fc from 'fast-check'
import { expect, test } from 'vitest'
import { compareBytes, keyAfter, prefixRange, rangeContains } from '../../../src/state/bytes/byte-order.ts'

const bytes = fc.uint8Array({ maxLength: 6 })

test('compareBytes orders as Buffer.compare does', () => {
  fc.assert(
    fc.property(bytes, bytes, (left, right) => {
      expect(Math.sign(compareBytes(left, right))).toBe(Buffer.compare(left, right))
    }),
  )
})

test('a prefix range holds the keys with the prefix and no other', () => {
  const edge = fc.oneof(
    bytes,
    fc.array(fc.constantFrom(0xfe, 0xff), { maxLength: 3 }).map(each => Uint8Array.from(each)),
  )
  fc.assert(
    fc.property(edge, edge, edge, (prefix, rest, other) => {
      expect(rangeContains(prefixRange(prefix), Buffer.concat([prefix, rest]))).toBe(true)
      const startsWithPrefix = Buffer.from(other).subarray(0, prefix.length).equals(prefix)
      expect(rangeContains(prefixRange(prefix), other)).toBe(startsWithPrefix)
    }),
  )
})

test('nothing lies between a key and the key after it', () => {
  fc.assert(
    fc.property(bytes, bytes, (key, other) => {
      const next = keyAfter(key)
      expect(compareBytes(key, next)).toBeLessThan(0)
      expect(compareBytes(other, key) > 0 && compareBytes(other, next) < 0).toBe(false)
    }),
  )
})
