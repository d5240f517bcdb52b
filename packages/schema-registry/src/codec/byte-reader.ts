/**
 * Reads Avro's binary encoding and keeps the limits that the encoding lacks: five bytes may claim twenty million nulls,
 * and a small schema may nest without end.
 */
import { AvroValueError } from './avro-value.ts'

export interface AvroDecodingLimits {
  /** Records, arrays and maps inside each other. */
  readonly maxDepth: number
  /**
   * Records, items of arrays and entries of maps that a message may hold beyond {@link VALUES_PER_BYTE} for each byte of
   * it: values without bytes of their own.
   */
  readonly freeValues: number
}

export const DEFAULT_DECODING_LIMITS: AvroDecodingLimits = { maxDepth: 200, freeValues: 10_000 }
/** Records around a single byte, one inside the other. */
export const VALUES_PER_BYTE = 16

const MAX_VARINT_BYTES = 10

export class AvroByteReader {
  private position = 0
  private depth = 0
  private valuesLeft: number

  constructor(
    private readonly bytes: Buffer,
    private readonly limits: AvroDecodingLimits = DEFAULT_DECODING_LIMITS,
  ) {
    this.valuesLeft = limits.freeValues + bytes.length * VALUES_PER_BYTE
  }

  get remainingBytes(): number {
    return this.bytes.length - this.position
  }

  /** Before each record, item and entry. */
  countValue(): void {
    if (--this.valuesLeft < 0) throw new AvroValueError('more values than its bytes can hold')
  }

  /** Around the content of each record, array and map; {@link leave} follows. */
  enter(): void {
    if (++this.depth > this.limits.maxDepth)
      throw new AvroValueError(`values nest deeper than ${this.limits.maxDepth} levels`)
  }

  leave(): void {
    this.depth--
  }

  readBoolean(): boolean {
    const byte = this.readByte()
    if (byte > 1) throw new AvroValueError(`${byte} is not a boolean`)
    return byte === 1
  }

  readInt(): number {
    const value = this.readLong()
    if (typeof value === 'bigint' || value < -(2 ** 31) || value >= 2 ** 31)
      throw new AvroValueError(`${value} is not a 32-bit integer`)
    return value
  }

  /** A number within ±(2^53−1), otherwise a bigint. */
  readLong(): number | bigint {
    let value = 0
    let factor = 1
    // Seven bytes hold 49 bits: no double loses any of them.
    for (let index = 0; index < 7; index++) {
      const byte = this.readByte()
      value += (byte & 0x7f) * factor
      if (byte < 0x80) return value % 2 === 0 ? value / 2 : -(value + 1) / 2
      factor *= 0x80
    }
    let large = BigInt(value)
    for (let index = 7; index < MAX_VARINT_BYTES; index++) {
      const byte = this.readByte()
      large |= BigInt(byte & 0x7f) << BigInt(7 * index)
      if (byte < 0x80) return normalized(BigInt.asIntN(64, (large >> 1n) ^ -(large & 1n)))
    }
    throw new AvroValueError(`an integer of more than ${MAX_VARINT_BYTES} bytes`)
  }

  readFloat(): number {
    return this.bytes.readFloatLE(this.advance(4))
  }

  readDouble(): number {
    return this.bytes.readDoubleLE(this.advance(8))
  }

  /** A view of the message. */
  readBytes(): Buffer {
    return this.readFixed(this.readLength())
  }

  readFixed(sizeBytes: number): Buffer {
    const start = this.advance(sizeBytes)
    return this.bytes.subarray(start, start + sizeBytes)
  }

  readString(): string {
    const sizeBytes = this.readLength()
    const start = this.advance(sizeBytes)
    return this.bytes.toString('utf8', start, start + sizeBytes)
  }

  /** Number of items in the next block of an array or map; 0 ends it. The size that some writers add is read over. */
  readBlockCount(): number {
    const count = this.readLong()
    if (typeof count === 'bigint') throw new AvroValueError(`a block of ${count} items`)
    if (count < 0) this.readLong()
    return Math.abs(count)
  }

  private readLength(): number {
    const length = this.readLong()
    if (typeof length === 'bigint' || length < 0) throw new AvroValueError(`${length} is not a length`)
    return length
  }

  private readByte(): number {
    const byte = this.bytes[this.position]
    if (byte === undefined) throw new AvroValueError('the bytes end too early')
    this.position++
    return byte
  }

  private advance(bytes: number): number {
    if (bytes > this.remainingBytes)
      throw new AvroValueError(`the bytes end too early: ${bytes} more expected, ${this.remainingBytes} there`)
    const start = this.position
    this.position += bytes
    return start
  }
}

/** A number where one holds the value exactly. */
export function normalized(value: bigint): number | bigint {
  return value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value
}
