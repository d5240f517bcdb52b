import { DecompressionError } from '../codecs.ts'
import { nativePackage } from './native-package.ts'

/**
 * LZ4 frame format (KIP-57 made Kafka's frames conform to it): magic, descriptor, blocks each with a length, an end mark.
 * The package inflates whatever it is given, so the frame is measured before it gets it.
 */
const MAGIC = 0x184d2204
const MIN_DESCRIPTOR_BYTES = 3
const VERSION_MASK = 0b1100_0000
const VERSION_1 = 0b0100_0000
const BLOCK_CHECKSUM_BIT = 1 << 4
const CONTENT_SIZE_BIT = 1 << 3
const CONTENT_CHECKSUM_BIT = 1 << 2
const DICTIONARY_BIT = 1 << 0
const UNCOMPRESSED_BLOCK_BIT = 0x8000_0000

/** A byte of a long match's length stands for at most 255 bytes. */
const MAX_RATIO = 255
const MIN_MATCH_BYTES = 4

const lz4 = nativePackage<typeof import('lz4-napi')>('lz4-napi')

export function compressLz4(bytes: Uint8Array): Uint8Array {
  return lz4().compressFrameSync(asBuffer(bytes))
}

export function decompressLz4(bytes: Uint8Array, maxBytes: number): Uint8Array {
  const frame = asBuffer(bytes)
  const blocks = blocksOf(frame)
  const bound = blocks.reduce((sum, block) => sum + block.maxBytes, 0)
  if (bound > maxBytes && inflatedBytes(frame, blocks) > maxBytes) throw new DecompressionError('lz4', 'too-large')
  const { decompressFrameSync } = lz4()
  try {
    return decompressFrameSync(frame)
  } catch (cause) {
    throw malformed(cause)
  }
}

interface Block {
  readonly start: number
  readonly end: number
  readonly compressed: boolean
  /** What it inflates to at most, from its size and the frame's block size. */
  readonly maxBytes: number
}

function blocksOf(frame: Buffer): Block[] {
  if (frame.length < 4 + MIN_DESCRIPTOR_BYTES || frame.readUInt32LE(0) !== MAGIC) throw malformed()
  const flags = frame[4]!
  const blockSizeId = (frame[5]! >>> 4) & 0b111
  if ((flags & VERSION_MASK) !== VERSION_1 || (flags & DICTIONARY_BIT) !== 0 || blockSizeId < 4) throw malformed()
  const blockBytes = 2 ** (8 + 2 * blockSizeId)
  const checksumBytes = (flags & BLOCK_CHECKSUM_BIT) === 0 ? 0 : 4
  const contentChecksumBytes = (flags & CONTENT_CHECKSUM_BIT) === 0 ? 0 : 4

  const blocks: Block[] = []
  let at = 4 + MIN_DESCRIPTOR_BYTES + ((flags & CONTENT_SIZE_BIT) === 0 ? 0 : 8)
  for (;;) {
    if (at + 4 > frame.length) throw malformed()
    const header = frame.readUInt32LE(at)
    at += 4
    if (header === 0) break
    const compressed = header < UNCOMPRESSED_BLOCK_BIT
    const size = compressed ? header : header - UNCOMPRESSED_BLOCK_BIT
    const end = at + size
    if (end + checksumBytes > frame.length) throw malformed()
    blocks.push({ start: at, end, compressed, maxBytes: Math.min(blockBytes, compressed ? size * MAX_RATIO : size) })
    at = end + checksumBytes
  }
  if (at + contentChecksumBytes !== frame.length) throw malformed()
  return blocks
}

/** The exact size: sums up the sequences' lengths and copies nothing. Only asked where the bound is not enough. */
function inflatedBytes(frame: Buffer, blocks: readonly Block[]): number {
  let total = 0
  for (const { start, end, compressed } of blocks) {
    if (!compressed) {
      total += end - start
      continue
    }
    let at = start
    /** A length's low nibble, continued in bytes of 255 if it is 15. */
    const length = (nibble: number): number => {
      let sum = nibble
      if (nibble === 15) {
        let byte: number
        do {
          if (at >= end) throw malformed()
          byte = frame[at++]!
          sum += byte
        } while (byte === 255)
      }
      return sum
    }
    while (at < end) {
      const token = frame[at++]!
      const literalBytes = length(token >>> 4)
      total += literalBytes
      at += literalBytes
      if (at >= end) break // The last sequence has no match.
      at += 2
      total += MIN_MATCH_BYTES + length(token & 0x0f)
    }
    if (at !== end) throw malformed()
  }
  return total
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
}

function malformed(cause?: unknown): DecompressionError {
  return new DecompressionError('lz4', 'malformed', { cause })
}
