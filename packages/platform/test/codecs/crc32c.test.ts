import fc from 'fast-check'
import { expect, test } from 'vitest'
import { crc32c, crc32cInJavaScript } from '../../src/codecs/crc32c.ts'

/** RFC 3720, B.4, and the check value of the Rocksoft catalogue. */
test.each([
  ['32 zeros', Buffer.alloc(32), 0x8a9136aa],
  ['32 ones', Buffer.alloc(32, 0xff), 0x62a8ab43],
  ['32 rising bytes', Buffer.from(Array.from({ length: 32 }, (_, index) => index)), 0x46dd794e],
  ['32 falling bytes', Buffer.from(Array.from({ length: 32 }, (_, index) => 31 - index)), 0x113fdb5c],
  ['123456789', Buffer.from('123456789'), 0xe3069283],
  ['nothing', Buffer.alloc(0), 0],
])('the checksum of %s is known', (_, bytes, checksum) => {
  expect(crc32c(bytes, 0, bytes.length)).toBe(checksum)
  expect(crc32cInJavaScript(bytes, 0, bytes.length)).toBe(checksum)
})

test('native code and JavaScript agree on every range', () => {
  const sample = fc.uint8Array({ maxLength: 2000, size: 'max' })
  fc.assert(
    fc.property(sample, fc.nat(), fc.nat(), (bytes, from, to) => {
      const start = from % (bytes.length + 1)
      const end = start + (to % (bytes.length - start + 1))
      expect(crc32c(bytes, start, end)).toBe(crc32cInJavaScript(bytes, start, end))
    }),
    { numRuns: 300 },
  )
})
