import { crc32 } from 'node:zlib'
import { hashText } from './seeded-random.ts'

/** A running hash of everything that happened. Two runs with the same trace did the same, byte for byte. */
export class Trace {
  private high = 0x6a09e667
  private low = 0xbb67ae85
  private readonly hashes = new Map<string, number>()

  /** `value` is a safe integer. */
  number(value: number): void {
    this.word(value | 0)
    this.word(Math.floor(value / 2 ** 32) | 0)
  }

  /** For names, of which there are few. */
  text(text: string): void {
    let hash = this.hashes.get(text)
    if (hash === undefined) this.hashes.set(text, (hash = hashText(text)))
    this.word(hash)
  }

  bytes(bytes: Uint8Array): void {
    this.word(crc32(bytes))
  }

  /** 16 hexadecimal digits. */
  toString(): string {
    const hex = (word: number) => (word >>> 0).toString(16).padStart(8, '0')
    return hex(this.high) + hex(this.low)
  }

  private word(word: number): void {
    this.high = Math.imul(this.high ^ word, 0x85ebca6b)
    this.high ^= this.high >>> 15
    this.low = (Math.imul(this.low, 0xc2b2ae35) + (this.high ^ word)) | 0
    this.low ^= this.low >>> 13
  }
}
