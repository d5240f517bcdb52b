/**
 * Zigzag varints of record batches. A value v ≥ 0 is the magnitude v with sign bit 0, a value v < 0 the magnitude −v−1
 * with sign bit 1; the first byte carries the sign and the low 6 bits of the magnitude, each further byte 7 bits. In
 * that form every safe integer is exact without BigInt.
 */
import { CorruptBatchError } from './corrupt-batch-error.ts'

const INT32_MAX = 0x7fff_ffff

/** Bytes that {@link writeVarint} takes for the safe integer `value`. */
export function sizeOfVarint(value: number): number {
  const magnitude = value < 0 ? -value - 1 : value
  if (magnitude < 1 << 6) return 1
  if (magnitude < 1 << 13) return 2
  if (magnitude < 1 << 20) return 3
  let size = 4
  for (let limit = 2 ** 27; magnitude >= limit; limit *= 128) size++
  return size
}

/** Writes the safe integer `value` and returns the offset behind it. The caller has made sure of the room. */
export function writeVarint(target: Uint8Array, value: number, offset: number): number {
  const magnitude = value < 0 ? -value - 1 : value
  const sign = value < 0 ? 1 : 0
  if (magnitude < 1 << 6) {
    target[offset] = (magnitude << 1) | sign
    return offset + 1
  }
  let at = offset
  let rest = magnitude
  if (magnitude > INT32_MAX) {
    target[at++] = ((magnitude % 64) << 1) | sign | 0x80
    rest = Math.floor(magnitude / 64)
    while (rest > INT32_MAX) {
      target[at++] = (rest % 128) | 0x80
      rest = Math.floor(rest / 128)
    }
  } else {
    target[at++] = ((magnitude & 0x3f) << 1) | sign | 0x80
    rest = magnitude >>> 6
  }
  while (rest > 0x7f) {
    target[at++] = (rest & 0x7f) | 0x80
    rest >>>= 7
  }
  target[at++] = rest
  return at
}

/** Reads varints of `bytes[position, end)`. {@link CorruptBatchError} when one crosses the end or is too long. */
export class VarintReader {
  constructor(
    readonly bytes: Uint8Array,
    public position: number,
    public end: number,
  ) {}

  /** A 32-bit varint. */
  varint(): number {
    const first = this.byte()
    if (first < 0x80) return (first >>> 1) ^ -(first & 1)
    let value = first & 0x7f
    for (let shift = 7; shift < 35; shift += 7) {
      const byte = this.byte()
      value |= (byte & 0x7f) << shift
      if (byte < 0x80) return (value >>> 1) ^ -(value & 1)
    }
    throw new CorruptBatchError('varint is longer than 32 bits')
  }

  /** A 64-bit varint; rounded to the nearest double beyond ±2^53. */
  varlong(): number {
    const first = this.byte()
    if (first < 0x80) return (first >>> 1) ^ -(first & 1)
    let magnitude = (first & 0x7f) >>> 1
    let scale = 64
    for (let length = 2; length <= 10; length++) {
      const byte = this.byte()
      // Of the tenth byte only one bit is left of 64.
      magnitude += (length === 10 ? byte & 1 : byte & 0x7f) * scale
      if (byte < 0x80) return (first & 1) === 0 ? magnitude : -magnitude - 1
      scale *= 128
    }
    throw new CorruptBatchError('varint is longer than 64 bits')
  }

  /**
   * Reads a byte range's varint length, moves behind the range, returns the length. −1 for null, which any negative
   * length stands for, as in Kafka.
   */
  range(): number {
    const length = this.varint()
    if (length < 0) return -1
    const behind = this.position + length
    if (behind > this.end) throw new CorruptBatchError(`length ${length}, ${this.end - this.position} bytes left`)
    this.position = behind
    return length
  }

  private byte(): number {
    if (this.position >= this.end) throw new CorruptBatchError('record ends inside a varint')
    return this.bytes[this.position++]!
  }
}
