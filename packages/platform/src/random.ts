/** Randomness that a seed can replace. */
export interface Random {
  /** A float in [0, 1). */
  next(): number
  /** An integer in [0, bound). `bound` is in [1, 2^31]. */
  integer(bound: number): number
  /** `length` random bytes, of cryptographic quality in the real form. */
  bytes(length: number): Uint8Array
}

/** A random (version 4) UUID as 36 characters of lower-case hex and dashes. */
export function randomUuid(random: Random): string {
  const bytes = random.bytes(16)
  bytes[6] = (bytes[6]! & 0x0f) | 0x40
  bytes[8] = (bytes[8]! & 0x3f) | 0x80
  const hex = Buffer.from(bytes).toString('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}
