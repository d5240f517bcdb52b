import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createCodecs } from '../../src/codecs/create-codecs.ts'
import { type CompressionCodec, DecompressionError } from '../../src/codecs.ts'

const codecs = createCodecs()
const ALL: readonly CompressionCodec[] = ['gzip', 'snappy', 'lz4', 'zstd']

/** What `run` throws, as a word, or null. */
function failure(run: () => unknown): string | null {
  try {
    run()
    return null
  } catch (error) {
    if (error instanceof DecompressionError) return error.reason
    throw error
  }
}

/** Text as records hold it: repetitive, but not in one pattern. */
function text(length: number): Buffer {
  let value = ''
  for (let row = 0; value.length < length; row++) value += `{"id":${row},"name":"customer ${(row * 7919) % 1000}"}`
  return Buffer.from(value.slice(0, length))
}

describe.each(ALL)('%s', codec => {
  // Around the block sizes of the formats: 32 KiB (xerial), 64 KiB, 256 KiB and 1 MiB (lz4), 128 KiB (zstd).
  test.each([0, 1, 32_768, 32_769, 65_536, 65_537, 131_073, 300_000, 1_100_000])('gives back %i bytes', length => {
    for (const bytes of [text(length), Buffer.alloc(length)]) {
      const compressed = codecs.compress(codec, bytes)
      expect(Buffer.compare(codecs.decompress(codec, compressed, length), bytes)).toBe(0)
      if (length > 0) expect(failure(() => codecs.decompress(codec, compressed, length - 1))).toBe('too-large')
    }
  })

  test('gives back any bytes, within the limit and not above it', () => {
    const piece = fc.tuple(fc.uint8Array({ maxLength: 20 }), fc.integer({ min: 1, max: 300 }))
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), fc.nat(3000), (pieces, maxBytes) => {
        const bytes = Buffer.concat(pieces.map(([part, times]) => Buffer.concat(Array(times).fill(part))))
        const compressed = codecs.compress(codec, bytes)
        expect(Buffer.compare(codecs.decompress(codec, compressed, bytes.length), bytes)).toBe(0)
        expect(failure(() => codecs.decompress(codec, compressed, maxBytes))).toBe(
          maxBytes < bytes.length ? 'too-large' : null,
        )
      }),
      { numRuns: 100 },
    )
  })

  test('gives the same bytes for the same input', () => {
    const bytes = text(50_000)
    expect(codecs.compress(codec, bytes)).toEqual(codecs.compress(codec, Buffer.concat([bytes])))
  })

  test('reads and writes a view of a larger buffer', () => {
    const frame = Buffer.alloc(3000, 7)
    const view = frame.subarray(1000, 2000)
    text(1000).copy(view)
    const compressed = Buffer.concat([Buffer.alloc(5), codecs.compress(codec, view), Buffer.alloc(5)]).subarray(5, -5)
    expect(Buffer.compare(codecs.decompress(codec, compressed, 1000), view)).toBe(0)
  })

  test('what is cut off or damaged ends in a DecompressionError or in at most maxBytes', () => {
    const compressed = Buffer.from(codecs.compress(codec, text(2000)))
    const edit = fc.record({ at: fc.nat(compressed.length - 1), byte: fc.nat(255) })
    fc.assert(
      fc.property(fc.array(edit, { maxLength: 3 }), fc.nat(compressed.length), (edits, length) => {
        const damaged = Buffer.from(edits.length === 0 ? compressed.subarray(0, length) : compressed)
        for (const { at, byte } of edits) damaged[at] = byte
        try {
          expect(codecs.decompress(codec, damaged, 4000).length).toBeLessThanOrEqual(4000)
        } catch (error) {
          expect(error).toBeInstanceOf(DecompressionError)
        }
      }),
      { numRuns: 300 },
    )
  })

  test.each([0, 1, 10, 100])('%i bytes of noise are malformed', length => {
    expect(failure(() => codecs.decompress(codec, Buffer.alloc(length, 0xaf), 1000))).toBe('malformed')
  })
})

describe('snappy', () => {
  const RAW = Buffer.from('0a2468656c6c6f68656c6c6f', 'hex') // Length 10, one literal.
  const xerial = (...blocks: Buffer[]) =>
    Buffer.concat([
      Buffer.from('82534e4150505900' + '00000001' + '00000001', 'hex'),
      ...blocks.flatMap(block => [Buffer.from(block.length.toString(16).padStart(8, '0'), 'hex'), block]),
    ])

  test('is read raw and in xerial framing', () => {
    expect(codecs.decompress('snappy', RAW, 10).toString()).toBe('hellohello')
    expect(codecs.decompress('snappy', xerial(RAW, RAW), 20).toString()).toBe('hellohellohellohello')
    expect(failure(() => codecs.decompress('snappy', xerial(RAW, RAW), 19))).toBe('too-large')
  })
  test('is written in xerial framing, in blocks of 32 KiB', () => {
    const compressed = Buffer.from(codecs.compress('snappy', Buffer.alloc(40_000)))
    expect(compressed.toString('hex', 0, 16)).toBe('82534e41505059000000000100000001')
    expect(compressed.toString('hex', 20, 23)).toBe('808002') // The first block declares 32 768 bytes.
  })
  test.each([
    ['a block of 0xFFFFFFFF bytes (CVE-2023-34455)', Buffer.concat([xerial(), Buffer.alloc(4, 0xff), RAW])],
    ['a block that goes on behind the end', Buffer.concat([xerial(), Buffer.from('00000020', 'hex'), RAW])],
    ['half a block length', Buffer.concat([xerial(RAW), Buffer.alloc(2)])],
    ['a declared size of 4 GiB', Buffer.from(`ffffffff0f${'00'.repeat(20)}`, 'hex')],
    ['a declared size of 6 bytes', Buffer.from('808080808001', 'hex')],
    ['a size that its bytes cannot hold', Buffer.from('80804000000000', 'hex')],
  ])('%s is malformed', (_, bytes) => {
    expect(failure(() => codecs.decompress('snappy', bytes, 2 ** 31))).toBe('malformed')
  })
})

describe('lz4', () => {
  const frame = Buffer.from(codecs.compress('lz4', Buffer.from('some text')))
  test('is written as a frame of independent blocks with the header checksum of the specification', () => {
    expect(frame.toString('hex', 0, 7)).toBe('04224d18' + '6040' + '82')
    expect(frame.subarray(-4)).toEqual(Buffer.alloc(4))
  })
  test.each([
    [
      'content size and checksum, stored',
      '6c4005000000000000002c',
      '05000080' + '68656c6c6f' + '00000000' + 'f97700fb',
      'hello',
    ],
    ['block checksums', '7440bd', '05000080' + '68656c6c6f' + 'f97700fb' + '00000000' + 'f97700fb', 'hello'],
    ['neither', '604082', `160000001f610100${'ff'.repeat(11)}aa50616161616100000000`, 'a'.repeat(3000)],
  ])('is read as the lz4 tool 1.9.4 writes it: %s', (_, descriptor, blocks, content) => {
    const bytes = Buffer.from(`04224d18${descriptor}${blocks}`, 'hex')
    expect(Buffer.from(codecs.decompress('lz4', bytes, content.length)).toString()).toBe(content)
    expect(failure(() => codecs.decompress('lz4', bytes, content.length - 1))).toBe('too-large')
  })
  test.each([
    ['a wrong header checksum', Buffer.concat([frame.subarray(0, 6), Buffer.of(0x83), frame.subarray(7)])],
    ['no end mark', frame.subarray(0, -4)],
    ['bytes behind the end mark', Buffer.concat([frame, Buffer.of(0)])],
    ['the magic of the legacy format', Buffer.concat([Buffer.from('02214c18', 'hex'), frame.subarray(4)])],
  ])('a frame with %s is malformed', (_, bytes) => {
    expect(failure(() => codecs.decompress('lz4', bytes, 1000))).toBe('malformed')
  })
})

describe('zstd', () => {
  test.each([
    ['with a checksum', '28b52ffd0458' + '29000068656c6c6f' + 'a36d9f88'],
    ['without', '28b52ffd0058' + '29000068656c6c6f'],
  ])('is read without a content size, as the zstd tool 1.5.4 writes it: %s', (_, hex) => {
    expect(Buffer.from(codecs.decompress('zstd', Buffer.from(hex, 'hex'), 5)).toString()).toBe('hello')
  })
  test('a frame with a wrong content checksum is malformed', () => {
    const bytes = Buffer.from('28b52ffd0458' + '29000068656c6c6f' + 'a36d9f89', 'hex')
    expect(failure(() => codecs.decompress('zstd', bytes, 5))).toBe('malformed')
  })
})

describe('a bomb is refused without being inflated', () => {
  const MAX_BYTES = 1024 * 1024

  /** 4 bytes for each 128 KiB of zeros. */
  function zstdOfRunLengthBlocks(blocks: number): Buffer {
    const block = (isLast: number) => {
      const bytes = Buffer.alloc(4)
      bytes.writeUIntLE((131_072 << 3) | (1 << 1) | isLast, 0, 3)
      return bytes
    }
    const header = Buffer.from('28b52ffd' + '00' + '58', 'hex')
    return Buffer.concat([header, ...Array(blocks - 1).fill(block(0)), block(1)])
  }
  /** 255 zeros for each byte. */
  function lz4OfLongMatches(blocks: number): Buffer {
    const block = Buffer.concat([
      Buffer.from('1f000100', 'hex'),
      Buffer.alloc(16_000, 0xff),
      Buffer.from('0050', 'hex'),
      Buffer.alloc(5),
    ])
    const length = Buffer.alloc(4)
    length.writeUInt32LE(block.length)
    const header = Buffer.from('04224d18' + '6070' + '73', 'hex')
    return Buffer.concat([header, ...Array(blocks).fill([length, block]).flat(), Buffer.alloc(4)])
  }

  test.each([
    ['gzip', codecs.compress('gzip', Buffer.alloc(16 * MAX_BYTES))],
    ['snappy', codecs.compress('snappy', Buffer.alloc(16 * MAX_BYTES))],
    ['lz4', codecs.compress('lz4', Buffer.alloc(16 * MAX_BYTES))],
    ['zstd', codecs.compress('zstd', Buffer.alloc(16 * MAX_BYTES))],
    ['zstd', zstdOfRunLengthBlocks(2500)],
    ['lz4', lz4OfLongMatches(3)],
  ] as const)('%s', (codec, bomb) => {
    expect(failure(() => codecs.decompress(codec, bomb, MAX_BYTES))).toBe('too-large')
  })
})
