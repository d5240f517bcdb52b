import type { Random } from '../random.ts'

/**
 * Randomness from a seed: Chris Doty-Humphrey's sfc32, 128 bits of state, passes PractRand. The same seed gives the same
 * numbers on every machine.
 */
export class SeededRandom implements Random {
  private a: number
  private b: number
  private c: number
  private counter = 1

  constructor(private readonly seed: number | string) {
    const text = String(seed)
    this.a = hashText(text, 0x9e3779b9)
    this.b = hashText(text, 0x243f6a88)
    this.c = hashText(text, 0xb7e15162)
    for (let round = 0; round < 12; round++) this.word()
  }

  /**
   * Another sequence that depends on this one's seed and `label` only, not on how many numbers were drawn: one part of a
   * simulation may draw more without disturbing the others.
   */
  split(label: string): SeededRandom {
    return new SeededRandom(`${this.seed}/${label}`)
  }

  next(): number {
    return this.word() / 2 ** 32
  }

  integer(bound: number): number {
    return Math.floor(this.next() * bound)
  }

  bytes(length: number): Uint8Array {
    const bytes = new Uint8Array(length)
    for (let index = 0; index < length; index++) bytes[index] = this.word() >>> 24
    return bytes
  }

  /** True once in `1 / rate` calls. */
  chance(rate: number): boolean {
    return this.next() < rate
  }

  /** An integer in `[low, high]`. */
  between(low: number, high: number): number {
    return low + this.integer(high - low + 1)
  }

  /** One of `choices`, which has at least one. */
  pick<T>(choices: readonly T[]): T {
    return choices[this.integer(choices.length)]!
  }

  private word(): number {
    const result = (this.a + this.b + this.counter) | 0
    this.counter = (this.counter + 1) | 0
    this.a = this.b ^ (this.b >>> 9)
    this.b = (this.c + (this.c << 3)) | 0
    this.c = (((this.c << 21) | (this.c >>> 11)) + result) | 0
    return result >>> 0
  }
}

/** FNV-1a over UTF-16 code units with a final mix (MurmurHash3's), 32 bits. */
export function hashText(text: string, basis = 0x811c9dc5): number {
  let hash = basis
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}
