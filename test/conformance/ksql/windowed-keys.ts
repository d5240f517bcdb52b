import type { LosslessNumber } from 'lossless-json'

export interface SpecWindow {
  readonly start: LosslessNumber
  readonly end: LosslessNumber
  readonly type: string
}

/** The key's bytes with the bounds of its window: the start, for sessions the end before it. */
export function windowedKey(key: Buffer, window: SpecWindow): Buffer {
  const start = int64(window.start)
  return Buffer.concat(window.type.toLowerCase() === 'session' ? [key, int64(window.end), start] : [key, start])
}
function int64({ value }: LosslessNumber): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeBigInt64BE(BigInt(value))
  return bytes
}
