import { DecompressionError } from '../codecs.ts'
import { nativePackage } from './native-package.ts'

/**
 * Kafka's snappy data come in two forms. Java writes the stream framing of xerial's snappy-java: a header of 16 bytes,
 * then blocks, each an int32 length and raw snappy of at most 32 KiB. librdkafka writes raw snappy. Readers take both.
 */
const XERIAL_MAGIC = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00])
const XERIAL_VERSION = 1
const XERIAL_COMPATIBLE_VERSION = 1
const XERIAL_HEADER_BYTES = 16
const XERIAL_BLOCK_BYTES = 32 * 1024

/** The best snappy can do is a copy of 64 bytes in 3; a block that declares more lies, and must not size anything. */
const MAX_RATIO = 22

/** The package's default hands out external memory, which costs several times the decoding itself. */
const COPY_OUTPUT = { copyOutputData: true }

const snappy = nativePackage<typeof import('snappy')>('snappy')

export function compressSnappy(bytes: Uint8Array): Uint8Array {
  const header = Buffer.allocUnsafe(XERIAL_HEADER_BYTES)
  XERIAL_MAGIC.copy(header)
  header.writeInt32BE(XERIAL_VERSION, 8)
  header.writeInt32BE(XERIAL_COMPATIBLE_VERSION, 12)
  const parts: Uint8Array[] = [header]
  for (let start = 0; start < bytes.length; start += XERIAL_BLOCK_BYTES) {
    const block = snappy().compressSync(bytes.subarray(start, start + XERIAL_BLOCK_BYTES), COPY_OUTPUT)
    const length = Buffer.allocUnsafe(4)
    length.writeInt32BE(block.length)
    parts.push(length, block)
  }
  return Buffer.concat(parts)
}

export function decompressSnappy(bytes: Uint8Array, maxBytes: number): Uint8Array {
  const input = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  const blocks = isXerial(input) ? xerialBlocks(input) : [input]
  let total = 0
  for (const block of blocks) {
    total += declaredBytes(block)
    if (total > maxBytes) throw new DecompressionError('snappy', 'too-large')
  }
  if (blocks.length === 1) return decompressBlock(blocks[0]!)
  const output = Buffer.allocUnsafe(total)
  let at = 0
  for (const block of blocks) at += decompressBlock(block).copy(output, at)
  return output
}

function isXerial(input: Buffer): boolean {
  return input.length >= XERIAL_HEADER_BYTES && XERIAL_MAGIC.equals(input.subarray(0, XERIAL_MAGIC.length))
}

function xerialBlocks(input: Buffer): Buffer[] {
  const blocks: Buffer[] = []
  let at = XERIAL_HEADER_BYTES
  while (at < input.length) {
    if (input.length - at < 4) throw malformed()
    const length = input.readInt32BE(at)
    at += 4
    if (length < 0 || length > input.length - at) throw malformed()
    blocks.push(input.subarray(at, at + length))
    at += length
  }
  return blocks
}

/** The size that raw snappy starts with: an unsigned varint of 32 bits. */
function declaredBytes(block: Buffer): number {
  let size = 0
  for (let index = 0; index < 5; index++) {
    const byte = block[index]
    if (byte === undefined) break
    size += (byte & 0x7f) * 2 ** (7 * index)
    if (byte >= 0x80) continue
    if (size > block.length * MAX_RATIO) break
    return size
  }
  throw malformed()
}

function decompressBlock(block: Buffer): Buffer {
  const { uncompressSync } = snappy()
  try {
    return uncompressSync(block, COPY_OUTPUT) as Buffer
  } catch (cause) {
    throw malformed(cause)
  }
}

function malformed(cause?: unknown): DecompressionError {
  return new DecompressionError('snappy', 'malformed', { cause })
}
