import { readInt64 } from './int64.ts'

/** Thrown inside generated code only; `decode` turns it into a MalformedMessageError that names the field. */
export class ReadError extends Error {}

/** A cursor over one frame. Every read checks the end first; lengths are checked before anything is allocated. */
export class Reader {
  position: number
  /** Index of the field being read, set by generated code, for error messages. */
  field = -1
  readonly end: number

  constructor(
    readonly buffer: Buffer,
    start = 0,
    end = buffer.length,
  ) {
    this.position = start
    this.end = end
  }

  get remaining(): number {
    return this.end - this.position
  }

  private advance(length: number): number {
    const start = this.position
    if (length > this.end - start) this.failShort(length)
    this.position = start + length
    return start
  }
  // Out of line, so that `advance` stays small enough to be inlined everywhere.
  private failShort(length: number): never {
    throw new ReadError(`${length} bytes needed, ${this.end - this.position} left`)
  }

  bool(): boolean {
    return this.buffer[this.advance(1)] !== 0
  }
  int8(): number {
    return (this.buffer[this.advance(1)]! << 24) >> 24
  }
  int16(): number {
    return (this.uint16() << 16) >> 16
  }
  uint16(): number {
    const start = this.advance(2)
    return (this.buffer[start]! << 8) | this.buffer[start + 1]!
  }
  int32(): number {
    const start = this.advance(4)
    const { buffer } = this
    return (buffer[start]! << 24) | (buffer[start + 1]! << 16) | (buffer[start + 2]! << 8) | buffer[start + 3]!
  }
  uint32(): number {
    return this.int32() >>> 0
  }
  int64(): number {
    return readInt64(this.buffer, this.advance(8))
  }
  bigint64(): bigint {
    return this.buffer.readBigInt64BE(this.advance(8))
  }
  float64(): number {
    return this.buffer.readDoubleBE(this.advance(8))
  }
  uuid(): string {
    const start = this.advance(16)
    return this.buffer.toString('base64url', start, start + 16)
  }

  uvarint(): number {
    const first = this.buffer[this.advance(1)]!
    return first < 0x80 ? first : this.longUvarint(first & 0x7f)
  }
  private longUvarint(lowest: number): number {
    let value = lowest
    for (let scale = 2 ** 7; scale <= 2 ** 28; scale *= 2 ** 7) {
      const byte = this.buffer[this.advance(1)]!
      value += (byte & 0x7f) * scale
      if (byte < 0x80) {
        if (value > 0xffff_ffff) break
        return value
      }
    }
    throw new ReadError('varint is longer than 32 bits')
  }

  /** −1 stands for null. */
  length16(): number {
    return this.checkedLength(this.int16())
  }
  length32(): number {
    return this.checkedLength(this.int32())
  }
  compactLength(): number {
    return this.checkedLength(this.uvarint() - 1)
  }
  /** Of bytes or of elements, which take one byte at least: more of them than bytes left is a lie. */
  private checkedLength(length: number): number {
    if (length < -1) throw new ReadError(`negative length ${length}`)
    if (length > this.end - this.position)
      throw new ReadError(`length ${length}, ${this.end - this.position} bytes left`)
    return length
  }

  stringOf(length: number): string {
    const start = this.advance(length)
    return this.buffer.toString('utf8', start, start + length)
  }
  bytesOf(length: number): Buffer {
    const start = this.advance(length)
    return this.buffer.subarray(start, start + length)
  }
  fail(reason: string): never {
    throw new ReadError(reason)
  }

  /** A byte count that must fit into what is left. */
  compactSize(): number {
    const size = this.uvarint()
    if (size > this.end - this.position) throw new ReadError(`size ${size}, ${this.end - this.position} bytes left`)
    return size
  }
  skipTaggedFields(): void {
    for (let count = this.uvarint(); count > 0; count--) {
      this.uvarint()
      this.advance(this.uvarint())
    }
  }
}
