/**
 * A hash table from bytes to bytes (or to a tombstone) whose content lives in slabs.
 *
 * A `Map` entry with a Buffer costs about 200 bytes for 28 bytes of payload and each one is an object that a full
 * garbage collection has to visit. Here keys and values are copied into slabs of up to 1 MiB and everything else is
 * columns of typed arrays: about 28 bytes for each entry beside its payload, and nothing for the collector to walk.
 * A value of the same length or shorter is overwritten in place, which is what counters and sums do.
 *
 * The order of keys costs nothing until it is asked for: the first ordered access builds an index (`SortedEntries`)
 * that later writes keep up to date.
 */
import type { KeyRange } from './byte-order.ts'
import { SortedEntries } from './sorted-entries.ts'

const FIRST_SLAB_BYTES = 4_096
const SLAB_BITS = 20
/** An address is `slab << 20 | offset`. An entry that is larger than this has a slab of its own. */
const SLAB_BYTES = 2 ** SLAB_BITS
const OFFSET_MASK = SLAB_BYTES - 1
const MAX_SLABS = 2 ** (32 - SLAB_BITS)
const FIRST_CAPACITY = 16
/** Columns (hash, address, two lengths, capacity) and two slots of the hash table. */
const OVERHEAD_BYTES_PER_ENTRY = 5 * 4 + 2 * 4
/** Slabs are rewritten when more than this much, and more than half of them, is garbage. */
const GARBAGE_BYTES_KEPT = 256 * 1024
/** In the value length column: the key has no value, or the entry has no key. */
const TOMBSTONE = -1
const FREE = -2

/** Null is a tombstone: the key is known to have no value. */
export type TableValue = Buffer | null

export class ByteTable {
  readonly #seed: number
  /** Entry number + 1, 0 for a free slot. Linear probing; at most half full. */
  #slots = new Int32Array(2 * FIRST_CAPACITY)
  #hashes = new Int32Array(FIRST_CAPACITY)
  #addresses = new Uint32Array(FIRST_CAPACITY)
  #keyLengths = new Uint32Array(FIRST_CAPACITY)
  #valueLengths = new Int32Array(FIRST_CAPACITY)
  #valueCapacities = new Uint32Array(FIRST_CAPACITY)
  /** Entries [0, used) are taken, apart from those on the free list. */
  #used = 0
  #free: number[] = []
  #slabs: Buffer[] = []
  /** The slab that takes the next entry, and where in it. */
  #slab = -1
  #slabOffset = 0
  #slabBytes = 0
  #garbageBytes = 0
  #order: SortedEntries | undefined

  /** @param seed spreads keys from outside differently in each process; it does not change any order */
  constructor(seed: number) {
    this.#seed = seed
  }

  /** Entries, tombstones included. */
  get size(): number {
    return this.#used - this.#free.length
  }

  /** Memory held. */
  get sizeInBytes(): number {
    return this.#slabBytes + this.#hashes.length * OVERHEAD_BYTES_PER_ENTRY
  }

  /** Undefined when the table has no entry; otherwise a copy that belongs to the caller. */
  get(key: Uint8Array): TableValue | undefined {
    const entry = this.#find(key, this.#hashOf(key))
    return entry < 0 ? undefined : this.#valueOf(entry)
  }

  has(key: Uint8Array): boolean {
    return this.#find(key, this.#hashOf(key)) >= 0
  }

  /** Copies both. Null writes a tombstone. */
  put(key: Uint8Array, value: Uint8Array | null): void {
    const hash = this.#hashOf(key)
    const entry = this.#find(key, hash)
    if (entry < 0) this.#insert(key, hash, value)
    else if (value === null) this.#valueLengths[entry] = TOMBSTONE
    else if (value.length <= this.#valueCapacities[entry]!) {
      const address = this.#addresses[entry]!
      copyInto(this.#slabs[address >>> SLAB_BITS]!, (address & OFFSET_MASK) + key.length, value)
      this.#valueLengths[entry] = value.length
    } else {
      this.#garbageBytes += key.length + this.#valueCapacities[entry]!
      this.#write(entry, key, value)
      this.#compactSlabs()
    }
  }

  /** Forgets the key; true when there was an entry. */
  remove(key: Uint8Array): boolean {
    const slot = this.#slotOf(key, this.#hashOf(key))
    const entry = this.#slots[slot]! - 1
    if (entry < 0) return false
    this.#order?.remove(entry)
    this.#vacate(slot)
    this.#garbageBytes += this.#keyLengths[entry]! + this.#valueCapacities[entry]!
    this.#free.push(entry)
    this.#valueLengths[entry] = FREE
    this.#compactSlabs()
    return true
  }

  /** Forgets every key in the range. Looks at every entry. */
  removeRange({ from, to }: KeyRange): void {
    const doomed: Buffer[] = []
    for (let entry = 0; entry < this.#used; entry++) {
      if (this.#valueLengths[entry] === FREE || this.compareToKey(entry, from) < 0) continue
      if (to === undefined || this.compareToKey(entry, to) < 0) doomed.push(this.keyOf(entry))
    }
    for (const key of doomed) this.remove(key)
  }

  /** Forgets everything but keeps a first slab, so that a small table is reused at no cost. */
  clear(): void {
    if (this.#used > 4 * FIRST_CAPACITY || this.#slabs.length > 1) {
      this.#slots = new Int32Array(2 * FIRST_CAPACITY)
      this.#resizeColumns(FIRST_CAPACITY)
      this.#slabs = []
      this.#slab = -1
      this.#slabBytes = 0
    } else this.#slots.fill(0)
    this.#used = 0
    this.#free = []
    this.#slabOffset = 0
    this.#garbageBytes = 0
    this.#order = undefined
  }

  /** Every entry in the order of insertion (a freed place is taken again). The table must not change meanwhile. */
  *entries(): IterableIterator<readonly [Buffer, TableValue]> {
    for (let entry = 0; entry < this.#used; entry++) {
      if (this.#valueLengths[entry] !== FREE) yield [this.keyOf(entry), this.#valueOf(entry)]
    }
  }

  /** The least key at or after `key`. */
  ceilingKey(key: Uint8Array): Buffer | undefined {
    return this.#keyAt(this.#ordered().ceiling(key))
  }

  /** The least key after `key`. */
  higherKey(key: Uint8Array): Buffer | undefined {
    return this.#keyAt(this.#ordered().higher(key))
  }

  /** The greatest key before `key`; before the end when `key` is undefined. */
  lowerKey(key: Uint8Array | undefined): Buffer | undefined {
    return this.#keyAt(key === undefined ? this.#ordered().last() : this.#ordered().lower(key))
  }

  /** For the index: the order of two entries of this table. */
  compareEntries(left: number, right: number): number {
    const address = this.#addresses[right]!
    const offset = address & OFFSET_MASK
    const slab = this.#slabs[address >>> SLAB_BITS]!
    return this.#compare(left, slab, offset, offset + this.#keyLengths[right]!)
  }

  /** For the index: the order of an entry against a key. */
  compareToKey(entry: number, key: Uint8Array): number {
    return this.#compare(entry, key, 0, key.length)
  }

  /** A copy of an entry's key. */
  keyOf(entry: number): Buffer {
    const address = this.#addresses[entry]!
    return copyOf(this.#slabs[address >>> SLAB_BITS]!, address & OFFSET_MASK, this.#keyLengths[entry]!)
  }

  #valueOf(entry: number): TableValue {
    const length = this.#valueLengths[entry]!
    if (length === TOMBSTONE) return null
    const address = this.#addresses[entry]!
    return copyOf(this.#slabs[address >>> SLAB_BITS]!, (address & OFFSET_MASK) + this.#keyLengths[entry]!, length)
  }

  #keyAt(entry: number): Buffer | undefined {
    return entry < 0 ? undefined : this.keyOf(entry)
  }

  #ordered(): SortedEntries {
    if (this.#order === undefined) {
      const entries: number[] = []
      for (let entry = 0; entry < this.#used; entry++) if (this.#valueLengths[entry] !== FREE) entries.push(entry)
      this.#order = new SortedEntries(this, entries)
    }
    return this.#order
  }

  #compare(entry: number, bytes: Uint8Array, start: number, end: number): number {
    const address = this.#addresses[entry]!
    const slab = this.#slabs[address >>> SLAB_BITS]!
    const length = this.#keyLengths[entry]!
    const offset = address & OFFSET_MASK
    const shared = Math.min(length, end - start)
    for (let i = 0; i < shared; i++) {
      const difference = slab[offset + i]! - bytes[start + i]!
      if (difference !== 0) return difference
    }
    return length - (end - start)
  }

  #insert(key: Uint8Array, hash: number, value: Uint8Array | null): void {
    const entry = this.#free.pop() ?? this.#used++
    if (entry >= this.#hashes.length) this.#grow()
    this.#hashes[entry] = hash
    this.#write(entry, key, value)
    this.#occupy(entry, hash)
    this.#order?.add(entry)
  }

  /** Gives the entry new room and copies key and value there. */
  #write(entry: number, key: Uint8Array, value: Uint8Array | null): void {
    const valueLength = value === null ? 0 : value.length
    const capacity = (valueLength + 7) & ~7
    const address = this.#allocate(key.length + capacity)
    const slab = this.#slabs[address >>> SLAB_BITS]!
    const offset = address & OFFSET_MASK
    copyInto(slab, offset, key)
    if (value !== null) copyInto(slab, offset + key.length, value)
    this.#addresses[entry] = address
    this.#keyLengths[entry] = key.length
    this.#valueLengths[entry] = value === null ? TOMBSTONE : valueLength
    this.#valueCapacities[entry] = capacity
  }

  #allocate(bytes: number): number {
    if (bytes > SLAB_BYTES) return this.#addSlab(bytes) * SLAB_BYTES
    if (this.#slab < 0 || this.#slabOffset + bytes > this.#slabs[this.#slab]!.length) {
      if (this.#slab >= 0) this.#garbageBytes += this.#slabs[this.#slab]!.length - this.#slabOffset
      this.#slab = this.#addSlab(Math.max(bytes, Math.min(SLAB_BYTES, Math.max(FIRST_SLAB_BYTES, this.#slabBytes))))
      this.#slabOffset = 0
    }
    const address = this.#slab * SLAB_BYTES + this.#slabOffset
    this.#slabOffset += bytes
    return address
  }

  #addSlab(bytes: number): number {
    if (this.#slabs.length === MAX_SLABS) throw new RangeError(`a state table is limited to ${MAX_SLABS} slabs`)
    this.#slabBytes += bytes
    return this.#slabs.push(Buffer.allocUnsafeSlow(bytes)) - 1
  }

  #compactSlabs(): void {
    if (this.#garbageBytes <= GARBAGE_BYTES_KEPT || this.#garbageBytes <= this.#slabBytes / 2) return
    const from = this.#slabs
    this.#slabs = []
    this.#slab = -1
    this.#slabOffset = 0
    this.#slabBytes = 0
    this.#garbageBytes = 0
    for (let entry = 0; entry < this.#used; entry++) {
      if (this.#valueLengths[entry] === FREE) continue
      const address = this.#addresses[entry]!
      const offset = address & OFFSET_MASK
      const valueStart = offset + this.#keyLengths[entry]!
      const valueLength = this.#valueLengths[entry]!
      const slab = from[address >>> SLAB_BITS]!
      const value = valueLength === TOMBSTONE ? null : slab.subarray(valueStart, valueStart + valueLength)
      this.#write(entry, slab.subarray(offset, valueStart), value)
    }
  }

  #grow(): void {
    const capacity = this.#hashes.length * 2
    this.#resizeColumns(capacity)
    const previous = this.#slots
    this.#slots = new Int32Array(2 * capacity)
    for (let slot = 0; slot < previous.length; slot++) {
      const entry = previous[slot]! - 1
      if (entry >= 0) this.#occupy(entry, this.#hashes[entry]!)
    }
  }

  #resizeColumns(capacity: number): void {
    this.#hashes = resized(this.#hashes, new Int32Array(capacity))
    this.#addresses = resized(this.#addresses, new Uint32Array(capacity))
    this.#keyLengths = resized(this.#keyLengths, new Uint32Array(capacity))
    this.#valueLengths = resized(this.#valueLengths, new Int32Array(capacity))
    this.#valueCapacities = resized(this.#valueCapacities, new Uint32Array(capacity))
  }

  #occupy(entry: number, hash: number): void {
    const mask = this.#slots.length - 1
    let slot = hash & mask
    while (this.#slots[slot] !== 0) slot = (slot + 1) & mask
    this.#slots[slot] = entry + 1
  }

  /** Frees a slot and moves back those behind it that would no longer be found. */
  #vacate(slot: number): void {
    const mask = this.#slots.length - 1
    let hole = slot
    for (let next = (hole + 1) & mask; this.#slots[next] !== 0; next = (next + 1) & mask) {
      const home = this.#hashes[this.#slots[next]! - 1]! & mask
      if (((next - home) & mask) < ((next - hole) & mask)) continue
      this.#slots[hole] = this.#slots[next]!
      hole = next
    }
    this.#slots[hole] = 0
  }

  /** The entry, or a negative number. */
  #find(key: Uint8Array, hash: number): number {
    return this.#slots[this.#slotOf(key, hash)]! - 1
  }

  /** The slot that holds the key, or the free one where its search ends. */
  #slotOf(key: Uint8Array, hash: number): number {
    const slots = this.#slots
    const mask = slots.length - 1
    let slot = hash & mask
    for (let entry = slots[slot]! - 1; entry >= 0; entry = slots[slot]! - 1) {
      if (this.#hashes[entry] === hash && this.#hasKey(entry, key)) return slot
      slot = (slot + 1) & mask
    }
    return slot
  }

  #hasKey(entry: number, key: Uint8Array): boolean {
    if (this.#keyLengths[entry] !== key.length) return false
    const address = this.#addresses[entry]!
    const slab = this.#slabs[address >>> SLAB_BITS]!
    const offset = address & OFFSET_MASK
    for (let i = 0; i < key.length; i++) if (slab[offset + i] !== key[i]) return false
    return true
  }

  /** MurmurHash3 (32 bit) of the key. */
  #hashOf(key: Uint8Array): number {
    const length = key.length
    const blocks = length & ~3
    let hash = this.#seed
    let i = 0
    for (; i < blocks; i += 4) {
      const block = key[i]! | (key[i + 1]! << 8) | (key[i + 2]! << 16) | (key[i + 3]! << 24)
      hash ^= scramble(block)
      hash = Math.imul((hash << 13) | (hash >>> 19), 5) + 0xe6546b64
    }
    let tail = 0
    for (let shift = 0; i < length; i++, shift += 8) tail |= key[i]! << shift
    hash ^= scramble(tail)
    hash ^= length
    hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
    return (hash ^ (hash >>> 16)) | 0
  }
}

function scramble(block: number): number {
  const mixed = Math.imul(block, 0xcc9e2d51)
  return Math.imul((mixed << 15) | (mixed >>> 17), 0x1b873593)
}

function resized<T extends Int32Array | Uint32Array>(from: T, to: T): T {
  to.set(from.length > to.length ? from.subarray(0, to.length) : from)
  return to
}

/** Below this length a loop is quicker than the call into native code. */
const NATIVE_COPY_BYTES = 24

function copyOf(source: Buffer, start: number, length: number): Buffer {
  const copy = Buffer.allocUnsafe(length)
  if (length < NATIVE_COPY_BYTES) for (let i = 0; i < length; i++) copy[i] = source[start + i]!
  else source.copy(copy, 0, start, start + length)
  return copy
}

function copyInto(target: Buffer, offset: number, bytes: Uint8Array): void {
  if (bytes.length < NATIVE_COPY_BYTES) for (let i = 0; i < bytes.length; i++) target[offset + i] = bytes[i]!
  else target.set(bytes, offset)
}
