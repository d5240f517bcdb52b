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
const FEWEST_SLOTS = 16
/** Keys are spread over so many tables at most, each of which grows by itself: none takes long to grow. */
const MOST_TABLE_BITS = 8
/** In smaller ones the keys would be spread too unevenly. */
const FEWEST_SLOTS_OF_A_FULL_TABLE = 1024
/** A table that may still grow does so when it is this full. */
const GROWTH_LOAD = 0.75

/** Slots of one block of memory; their number is a power of two. */
interface Table {
  readonly words: Uint32Array
  /** The same memory. */
  readonly doubles: Float64Array
  readonly slotMask: number
  keyCount: number
}

/**
 * The latest offset of each key of a stretch of log, in memory that grows with the keys up to a bound. Keys up to 31 bytes are
 * compared as they are, longer ones by 31 bytes of their SHA-256: two keys are never taken for one.
 */
export class OffsetMap {
  /** The greatest offset up to which the log is in the map, −1 for none. */
  latestOffset = -1
  private keyCount = 0
  private readonly capacity: number
  private readonly mostSlots: number
  private readonly tables: (Table | undefined)[]
  /** What a hash is shifted by to tell the table. */
  private readonly tableShift: number
  private readonly key = new Uint32Array(KEY_WORDS)
  private readonly keyBytes = new Uint8Array(this.key.buffer)

  /** `seed`: keeps who chooses keys from choosing ones that all hash alike. An integer of 32 bits. */
  constructor(
    size: { readonly maxBytes: number; readonly loadFactor: number },
    private readonly seed: number,
  ) {
    const slotBits = Math.max(1, Math.floor(Math.log2(size.maxBytes / BYTES_PER_KEY)))
    const tableBits = Math.max(0, Math.min(MOST_TABLE_BITS, slotBits - Math.log2(FEWEST_SLOTS_OF_A_FULL_TABLE)))
    this.tableShift = 32 - tableBits
    this.tables = new Array<Table | undefined>(2 ** tableBits).fill(undefined)
    this.mostSlots = 2 ** (slotBits - tableBits)
    this.capacity = Math.max(1, Math.floor(2 ** slotBits * size.loadFactor))
  }

  get size(): number {
    return this.keyCount
  }

  /** Notes that the key `source[start, end)` occurs at `offset`. False if it is one more key than there is room for. */
  put(source: Buffer, start: number, end: number, offset: number): boolean {
    this.loadKey(source, start, end)
    const hash = this.hashOf(this.key, 0)
    let table = this.tables[this.tableOf(hash)]
    let slot = table === undefined ? -1 : this.find(table, hash)
    if (table === undefined || !isTaken(table, slot)) {
      table = this.withRoom(this.tableOf(hash))
      if (table === undefined) return false
      slot = this.find(table, hash)
      table.words.set(this.key, slot * WORDS_PER_SLOT)
      table.keyCount++
      this.keyCount++
    }
    table.doubles[slot * DOUBLES_PER_SLOT + OFFSET_DOUBLE] = offset
    this.latestOffset = offset
    return true
  }

  /** −1 if the key is not there. */
  offsetOf(source: Buffer, start: number, end: number): number {
    this.loadKey(source, start, end)
    const hash = this.hashOf(this.key, 0)
    const table = this.tables[this.tableOf(hash)]
    if (table === undefined) return -1
    const slot = this.find(table, hash)
    return isTaken(table, slot) ? table.doubles[slot * DOUBLES_PER_SLOT + OFFSET_DOUBLE]! : -1
  }

  /** The table with room for one more key; undefined if there can be none. */
  private withRoom(index: number): Table | undefined {
    if (this.keyCount >= this.capacity) return undefined
    const table = this.tables[index]
    if (table === undefined) {
      const first = newTable(Math.min(FEWEST_SLOTS, this.mostSlots))
      this.tables[index] = first
      return first
    }
    const slots = table.slotMask + 1
    if (slots < this.mostSlots && table.keyCount >= slots * GROWTH_LOAD) {
      const larger = this.rehashed(table, slots * 2)
      this.tables[index] = larger
      return larger
    }
    // One slot stays empty, where a search ends.
    return table.keyCount < table.slotMask ? table : undefined
  }

  private rehashed(table: Table, slots: number): Table {
    const larger = newTable(slots)
    for (let from = 0; from <= table.slotMask; from++) {
      if (!isTaken(table, from)) continue
      const at = from * WORDS_PER_SLOT
      const slot = freeSlot(larger, this.hashOf(table.words, at))
      larger.words.set(table.words.subarray(at, at + WORDS_PER_SLOT), slot * WORDS_PER_SLOT)
    }
    larger.keyCount = table.keyCount
    return larger
  }

  private tableOf(hash: number): number {
    return this.tables.length === 1 ? 0 : hash >>> this.tableShift
  }

  /** The slot that holds the key, or the empty one where it belongs. */
  private find(table: Table, hash: number): number {
    const { slotMask } = table
    const step = stepOf(hash)
    let slot = hash & slotMask
    while (isTaken(table, slot) && !this.holdsKey(table, slot)) slot = (slot + step) & slotMask
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

  /** MurmurHash3's mixing, of the key that begins at `words[at]`. */
  private hashOf(words: Uint32Array, at: number): number {
    let hash = this.seed
    for (let index = at; index < at + KEY_WORDS; index++) {
      let word = Math.imul(words[index]!, 0xcc9e2d51)
      word = Math.imul((word << 15) | (word >>> 17), 0x1b873593)
      hash ^= word
      hash = (Math.imul((hash << 13) | (hash >>> 19), 5) + 0xe6546b64) | 0
    }
    hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
    return (hash ^ (hash >>> 16)) >>> 0
  }

  private holdsKey({ words }: Table, slot: number): boolean {
    const at = slot * WORDS_PER_SLOT
    for (let index = 0; index < KEY_WORDS; index++) if (words[at + index] !== this.key[index]) return false
    return true
  }
}

function newTable(slots: number): Table {
  const memory = new ArrayBuffer(slots * BYTES_PER_KEY)
  return { words: new Uint32Array(memory), doubles: new Float64Array(memory), slotMask: slots - 1, keyCount: 0 }
}

function isTaken({ words }: Table, slot: number): boolean {
  return words[slot * WORDS_PER_SLOT + KEY_WORDS - 1] !== 0
}

function freeSlot(table: Table, hash: number): number {
  const step = stepOf(hash)
  let slot = hash & table.slotMask
  while (isTaken(table, slot)) slot = (slot + step) & table.slotMask
  return slot
}

/** Odd, so that a search comes to every slot. */
function stepOf(hash: number): number {
  return (hash >>> 7) | 1
}
