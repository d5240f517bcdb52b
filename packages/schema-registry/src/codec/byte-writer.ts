/** Avro's binary encoding of primitives, into a buffer that grows. */
const INITIAL_BYTES = 256
const MAX_EXACT_ZIGZAG = 2 ** 52
/** Below it 32-bit arithmetic does. */
const SMALL = 2 ** 30
/** In UTF-16 units, of which each takes up to three bytes. */
const MAX_SHORT_STRING = 21

export class AvroByteWriter {
  private buffer = Buffer.allocUnsafe(INITIAL_BYTES)
  private length = 0

  /** `value`: an integer within ±(2^53−1), or a bigint within 64 bits. */
  writeLong(value: number | bigint): void {
    this.reserve(10)
    if (typeof value === 'number' && value >= -SMALL && value < SMALL) {
      let rest = (value << 1) ^ (value >> 31)
      for (; rest >= 0x80; rest >>>= 7) this.buffer[this.length++] = (rest & 0x7f) | 0x80
      this.buffer[this.length++] = rest
      return
    }
    if (typeof value === 'bigint' || value >= MAX_EXACT_ZIGZAG || value <= -MAX_EXACT_ZIGZAG) {
      let rest = BigInt.asUintN(64, (BigInt(value) << 1n) ^ (BigInt(value) >> 63n))
      for (; rest >= 0x80n; rest >>= 7n) this.buffer[this.length++] = Number(rest & 0x7fn) | 0x80
      this.buffer[this.length++] = Number(rest)
      return
    }
    let rest = value < 0 ? -2 * value - 1 : 2 * value
    for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) this.buffer[this.length++] = (rest % 0x80) | 0x80
    this.buffer[this.length++] = rest
  }

  writeBoolean(value: boolean): void {
    this.reserve(1)
    this.buffer[this.length++] = value ? 1 : 0
  }

  writeFloat(value: number): void {
    this.reserve(4)
    this.length = this.buffer.writeFloatLE(value, this.length)
  }

  writeDouble(value: number): void {
    this.reserve(8)
    this.length = this.buffer.writeDoubleLE(value, this.length)
  }

  writeBytes(bytes: Uint8Array): void {
    this.writeLong(bytes.length)
    this.writeFixed(bytes)
  }

  writeFixed(bytes: Uint8Array): void {
    this.reserve(bytes.length)
    this.buffer.set(bytes, this.length)
    this.length += bytes.length
  }

  writeString(text: string): void {
    if (text.length <= MAX_SHORT_STRING) {
      // At most 63 bytes: the length takes one byte, and can be written when it is known.
      this.reserve(1 + 3 * MAX_SHORT_STRING)
      const sizeBytes = this.buffer.write(text, this.length + 1)
      this.buffer[this.length] = sizeBytes * 2
      this.length += 1 + sizeBytes
      return
    }
    const sizeBytes = Buffer.byteLength(text)
    this.writeLong(sizeBytes)
    this.reserve(sizeBytes)
    this.length += this.buffer.write(text, this.length)
  }

  /** What was written; the writer starts anew. */
  take(): Buffer {
    const bytes = Buffer.from(this.buffer.subarray(0, this.length))
    this.length = 0
    return bytes
  }

  private reserve(bytes: number): void {
    if (this.length + bytes <= this.buffer.length) return
    const larger = Buffer.allocUnsafe(Math.max(this.buffer.length * 2, this.length + bytes))
    this.buffer.copy(larger, 0, 0, this.length)
    this.buffer = larger
  }
}
