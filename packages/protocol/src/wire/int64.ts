/**
 * int64 as `number`: exact within ±(2^53−1), rounded to the nearest double beyond. Writing saturates, so that 2^63
 * (what Long.MAX reads as) is written as Long.MAX again.
 */
const TWO_32 = 4_294_967_296

export function readInt64(buffer: Buffer, offset: number): number {
  return buffer.readInt32BE(offset) * TWO_32 + buffer.readUInt32BE(offset + 4)
}

export function writeInt64(buffer: Buffer, value: number, offset: number): void {
  if (value >= 2 ** 63) {
    buffer.writeInt32BE(0x7fff_ffff, offset)
    buffer.writeUInt32BE(0xffff_ffff, offset + 4)
  } else if (value <= -(2 ** 63)) {
    buffer.writeInt32BE(-0x8000_0000, offset)
    buffer.writeUInt32BE(0, offset + 4)
  } else {
    const high = Math.floor(value / TWO_32)
    buffer.writeInt32BE(high, offset)
    buffer.writeUInt32BE(value - high * TWO_32, offset + 4)
  }
}
