import { writeInt64 } from './int64.ts'

/** Thrown inside generated code only; `encode` turns it into an UnencodableValueError that names the field. */
export class WriteError extends Error {}

const INITIAL_BYTES = 512
const LARGEST_BUFFER_BYTES = 65_536
/** From this size on, `bytes` and `records` are handed on as they are instead of being copied. */
const REFERENCE_FROM_BYTES = 4096
const MAX_INT16_LENGTH = 0x7fff

/** Collects a frame as chunks: small values are copied into buffers of growing size, large byte ranges are referenced. */
export class Writer {
  // Offsets are taken in a statement of their own: `reserve` may replace `this.buffer`.

  /** Index of the field being written, set by generated code, for error messages. */
  field = -1
  private chunks: Uint8Array[] = []
  private chunkBytes = 0
  private buffer: Buffer
  /** Start of the bytes of `buffer` that no chunk holds yet. */
  private start = 0
  private position = 0

  constructor(initialBytes = INITIAL_BYTES) {
    this.buffer = Buffer.allocUnsafe(initialBytes)
  }

  /** Bytes written so far. */
  get size(): number {
    return this.chunkBytes + this.position - this.start
  }

  private reserve(length: number): number {
    const offset = this.position
    if (offset + length > this.buffer.length) return this.grow(length)
    this.position = offset + length
    return offset
  }
  /** What has been written stays where it is, as a chunk. */
  private grow(length: number): number {
    this.seal()
    const size = Math.min(2 * this.buffer.length, LARGEST_BUFFER_BYTES)
    this.buffer = Buffer.allocUnsafe(Math.max(size, length))
    this.start = 0
    this.position = length
    return 0
  }
  private reference(bytes: Uint8Array): void {
    this.seal()
    this.chunks.push(bytes)
    this.chunkBytes += bytes.length
  }
  private seal(): void {
    if (this.position === this.start) return
    this.chunks.push(this.buffer.subarray(this.start, this.position))
    this.chunkBytes += this.position - this.start
    this.start = this.position
  }

  bool(value: boolean): void {
    const at = this.reserve(1)
    this.buffer[at] = value ? 1 : 0
  }
  // The comparisons refuse fractions, NaN and what is no number, as well as what is out of range.
  int8(value: number): void {
    if ((value << 24) >> 24 !== value) this.failRange(value, 'int8')
    const at = this.reserve(1)
    this.buffer[at] = value
  }
  int16(value: number): void {
    if ((value << 16) >> 16 !== value) this.failRange(value, 'int16')
    this.twoBytes(value)
  }
  uint16(value: number): void {
    if ((value & 0xffff) !== value) this.failRange(value, 'uint16')
    this.twoBytes(value)
  }
  private twoBytes(value: number): void {
    const at = this.reserve(2)
    const { buffer } = this
    buffer[at] = value >> 8
    buffer[at + 1] = value
  }
  int32(value: number): void {
    if ((value | 0) !== value) this.failRange(value, 'int32')
    this.fourBytes(value)
  }
  uint32(value: number): void {
    if (value >>> 0 !== value) this.failRange(value, 'uint32')
    this.fourBytes(value)
  }
  private fourBytes(value: number): void {
    const at = this.reserve(4)
    const { buffer } = this
    buffer[at] = value >> 24
    buffer[at + 1] = value >> 16
    buffer[at + 2] = value >> 8
    buffer[at + 3] = value
  }
  int64(value: number): void {
    if (!Number.isInteger(value)) this.failRange(value, 'int64')
    const at = this.reserve(8)
    writeInt64(this.buffer, value, at)
  }
  bigint64(value: bigint): void {
    const at = this.reserve(8)
    this.buffer.writeBigInt64BE(value, at)
  }
  float64(value: number): void {
    if (typeof value !== 'number') this.failRange(value, 'float64')
    const at = this.reserve(8)
    this.buffer.writeDoubleBE(value, at)
  }
  private failRange(value: unknown, kind: string): never {
    throw new WriteError(`${String(value)} is no ${kind}`)
  }
  uuid(value: string): void {
    const at = this.reserve(16)
    if (value.length !== 22 || this.buffer.write(value, at, 16, 'base64url') !== 16)
      throw new WriteError(`${JSON.stringify(value)} is not a uuid`)
  }
  /** From 0 to 2^32−1. */
  uvarint(value: number): void {
    if (value >>> 0 !== value) this.failRange(value, 'uvarint')
    let rest = value
    while (rest > 0x7f) {
      const at = this.reserve(1)
      this.buffer[at] = (rest & 0x7f) | 0x80
      rest >>>= 7
    }
    const at = this.reserve(1)
    this.buffer[at] = rest
  }
  /** Bytes as they are, without a length. */
  raw(bytes: Uint8Array): void {
    if (bytes.length >= REFERENCE_FROM_BYTES) return this.reference(bytes)
    const at = this.reserve(bytes.length)
    this.buffer.set(bytes, at)
  }

  string(value: string): void {
    const length = Buffer.byteLength(value)
    if (length > MAX_INT16_LENGTH) throw new WriteError(`string of ${length} bytes, ${MAX_INT16_LENGTH} allowed`)
    this.int16(length)
    this.utf8(value, length)
  }
  compactString(value: string): void {
    const length = Buffer.byteLength(value)
    if (length > MAX_INT16_LENGTH) throw new WriteError(`string of ${length} bytes, ${MAX_INT16_LENGTH} allowed`)
    this.uvarint(length + 1)
    this.utf8(value, length)
  }
  private utf8(value: string, length: number): void {
    const at = this.reserve(length)
    this.buffer.write(value, at, length, 'utf8')
  }
  bytes(value: Uint8Array): void {
    this.int32(value.length)
    this.raw(value)
  }
  compactBytes(value: Uint8Array): void {
    this.uvarint(value.length + 1)
    this.raw(value)
  }
  records(value: Uint8Array | readonly Uint8Array[] | null): void {
    if (value === null) return this.int32(-1)
    this.int32(byteLength(value))
    this.rawAll(value)
  }
  compactRecords(value: Uint8Array | readonly Uint8Array[] | null): void {
    if (value === null) return this.uvarint(0)
    this.uvarint(byteLength(value) + 1)
    this.rawAll(value)
  }
  private rawAll(value: Uint8Array | readonly Uint8Array[]): void {
    if (value instanceof Uint8Array) this.raw(value)
    else for (const chunk of value) this.raw(chunk)
  }
  /** A tagged field's content, written elsewhere because its length comes first. */
  nested(content: Writer): void {
    this.uvarint(content.size)
    for (const chunk of content.finish()) this.raw(chunk)
  }
  fail(reason: string): never {
    throw new WriteError(reason)
  }

  /** The chunks in order. The writer is of no use afterwards. */
  finish(): Uint8Array[] {
    this.seal()
    return this.chunks
  }
}

function byteLength(value: Uint8Array | readonly Uint8Array[]): number {
  if (value instanceof Uint8Array) return value.length
  let total = 0
  for (const chunk of value) total += chunk.length
  return total
}
