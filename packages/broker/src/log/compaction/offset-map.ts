import { createHash } from 'node:crypto'

/** Key of 32 bytes, offset of 8: as many entries fit into a megabyte as with Kafka. */
export const BYTES_PER_KEY = 40

const WORDS_PER_SLOT = BYTES_PER_KEY / 4
const KEY_WORDS = 8
const DOUBLES_PER_SLOT = BYTES_PER_KEY / 8
const OFFSET_DOUBLE = KEY_WORDS / 2
/** The last byte of a stored key: 0 in an empty slot, length + 1 of a key stored as it is, or {@link DIGEST}. */
const TAG_AT = 31
const LONGEST_STORED_KEY_BYTES = TAG_AT
const DIGEST = 0xff
const MIN_SLOTS = 2

/**
 * The latest offset of each key of a stretch of log: a hash table in one block of memory, made for a known number of keys.
 * Keys up to 31 bytes are compared as they are, longer ones by 31 bytes of their SHA-256: two keys are never taken for one.
 */
export class OffsetMap {
  /** Keys it takes. */
  readonly capacity: number
  /** The greatest offset up to which the log is in the map, −1 for none. */
  latestOffset = -1
  private keyCount = 0
  private readonly words: Uint32Array
  private readonly doubles: Float64Array
  private readonly slotMask: number
  private readonly key = new Uint32Array(KEY_WORDS)
  private readonly keyBytes = new Uint8Array(this.key.buffer)

  /** `seed`: keeps who chooses keys from choosing ones that all hash alike. An integer of 32 bits. */
  constructor(
    size: { readonly maxBytes: number; readonly maxKeys: number; readonly loadFactor: number },
    private readonly seed: number,
  ) {
    const affordable = Math.max(MIN_SLOTS, 2 ** Math.floor(Math.log2(size.maxBytes / BYTES_PER_KEY)))
    const wanted = 2 ** Math.ceil(Math.log2((size.maxKeys + 1) / size.loadFactor))
    const slots = Math.min(affordable, Math.max(MIN_SLOTS, wanted))
    this.capacity = Math.max(1, Math.min(slots - 1, Math.floor(slots * size.loadFactor)))
    this.slotMask = slots - 1
    const memory = new ArrayBuffer(slots * BYTES_PER_KEY)
    this.words = new Uint32Array(memory)
    this.doubles = new Float64Array(memory)
  }

  get size(): number {
    return this.keyCount
  }

  get isFull(): boolean {
    return this.keyCount >= this.capacity
  }

  /** Notes that the key `source[start, end)` occurs at `offset`. The map must not be full. */
  put(source: Buffer, start: number, end: number, offset: number): void {
    const slot = this.find(source, start, end)
    if (!this.isTaken(slot)) {
      this.words.set(this.key, slot * WORDS_PER_SLOT)
      this.keyCount++
    }
    this.doubles[slot * DOUBLES_PER_SLOT + OFFSET_DOUBLE] = offset
    this.latestOffset = offset
  }

  /** −1 if the key is not there. */
  offsetOf(source: Buffer, start: number, end: number): number {
    const slot = this.find(source, start, end)
    return this.isTaken(slot) ? this.doubles[slot * DOUBLES_PER_SLOT + OFFSET_DOUBLE]! : -1
  }

  /** The slot that holds the key, or the empty one where it belongs. */
  private find(source: Buffer, start: number, end: number): number {
    this.loadKey(source, start, end)
    const hash = this.hash()
    const step = (hash >>> 7) | 1
    let slot = hash & this.slotMask
    while (this.isTaken(slot) && !this.holdsKey(slot)) slot = (slot + step) & this.slotMask
    return slot
  }

  private loadKey(source: Buffer, start: number, end: number): void {
    const { keyBytes } = this
    const length = end - start
    if (length > LONGEST_STORED_KEY_BYTES) {
      keyBytes.set(createHash('sha256').update(source.subarray(start, end)).digest())
      keyBytes[TAG_AT] = DIGEST
    } else {
      this.key.fill(0)
      for (let index = 0; index < length; index++) keyBytes[index] = source[start + index]!
      keyBytes[TAG_AT] = length + 1
    }
  }

  /** MurmurHash3's mixing. */
  private hash(): number {
    let hash = this.seed
    for (let index = 0; index < KEY_WORDS; index++) {
      let word = Math.imul(this.key[index]!, 0xcc9e2d51)
      word = Math.imul((word << 15) | (word >>> 17), 0x1b873593)
      hash ^= word
      hash = Math.imul((hash << 13) | (hash >>> 19), 5) + 0xe6546b64
    }
    hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
    return (hash ^ (hash >>> 16)) >>> 0
  }

  private isTaken(slot: number): boolean {
    return this.words[slot * WORDS_PER_SLOT + KEY_WORDS - 1] !== 0
  }

  private holdsKey(slot: number): boolean {
    const at = slot * WORDS_PER_SLOT
    for (let index = 0; index < KEY_WORDS; index++) if (this.words[at + index] !== this.key[index]) return false
    return true
  }
}
