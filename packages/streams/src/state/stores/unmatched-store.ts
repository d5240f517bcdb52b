import { readInt64, writeInt64 } from '@millrace/protocol'
import { prefixRange } from '../bytes/byte-order.ts'
import type { Rows } from '../rows.ts'
import type { StateStore } from '../state-store.ts'
import type { StoreSerdes } from './store-serdes.ts'

export type JoinSideName = 'left' | 'right'

/** Records of one key, side and timestamp that have found no partner. */
export interface UnmatchedRecords<K, VL, VR> {
  readonly key: K
  readonly timestampMs: number
  readonly side: JoinSideName
  /** In the order they came; of the type of the side. */
  readonly values: readonly (VL | VR)[]
}

export interface UnmatchedLayers<K, VL, VR> {
  readonly name: string
  readonly persistent: boolean
  readonly left: StoreSerdes<K, VL>
  readonly right: StoreSerdes<K, VR>
  /** The outermost wrapper. */
  readonly rows: Rows
  /** The innermost rows, where restored records go. */
  readonly ownRows: Rows
}

const TIME_BYTES = 8
const HEAD_BYTES = TIME_BYTES + 1
const SIDE_BYTES: Record<JoinSideName, number> = { left: 1, right: 0 }
/** Kafka's list format: entries with a length each. */
const VARIABLE_SIZE = 1
const LIST_HEAD_BYTES = 5
const LENGTH_BYTES = 4

/**
 * What waits in a left or outer join of streams until its window has closed. Rows are Kafka Streams':
 * `timestamp(8) ‖ side(1) ‖ key` → a list of values, each behind the byte of its side.
 */
export class UnmatchedStore<K, VL, VR> implements StateStore {
  readonly name: string
  readonly persistent: boolean
  /** Of the join, for both of its sides; in memory only. */
  readonly progress: JoinProgress = { streamTimeMs: -1, oldestMs: undefined, nextEmitMs: 0 }
  readonly #layers: UnmatchedLayers<K, VL, VR>

  constructor(layers: UnmatchedLayers<K, VL, VR>) {
    this.name = layers.name
    this.persistent = layers.persistent
    this.#layers = layers
  }

  add(side: JoinSideName, key: K, timestampMs: number, value: VL | VR): void {
    const { rows, left, right } = this.#layers
    const bytes = side === 'left' ? left.encodeValue(value as VL) : right.encodeValue(value as VR)
    if (bytes === null) return
    const rowKey = this.#rowKey(side, key, timestampMs)
    const list = rows.get(rowKey) ?? emptyList()
    list.writeInt32BE(list.readInt32BE(1) + 1, 1)
    const head = Buffer.allocUnsafe(LENGTH_BYTES + 1)
    head.writeInt32BE(1 + bytes.length, 0)
    head.writeUInt8(SIDE_BYTES[side], LENGTH_BYTES)
    rows.put(rowKey, Buffer.concat([list, head, bytes]))
  }

  /** Removes all records of the key, side and timestamp, if there are any: they have found a partner. */
  remove(side: JoinSideName, key: K, timestampMs: number): void {
    const rowKey = this.#rowKey(side, key, timestampMs)
    if (this.#layers.rows.get(rowKey) !== undefined) this.#layers.rows.put(rowKey, null)
  }

  /** By timestamp; at the same one the right side first, then by key. Those it has shown may be removed meanwhile. */
  *all(): IterableIterator<UnmatchedRecords<K, VL, VR>> {
    const { rows, left, right } = this.#layers
    for (const [rowKey, list] of rows.scan(prefixRange(new Uint8Array(0)), 'forward')) {
      const side = rowKey[TIME_BYTES] === SIDE_BYTES.left ? 'left' : 'right'
      const values: (VL | VR)[] = []
      for (const bytes of entriesOf(list)) {
        values.push(side === 'left' ? left.decodeValue(bytes) : right.decodeValue(bytes))
      }
      yield { key: left.decodeKey(rowKey.subarray(HEAD_BYTES)), timestampMs: readInt64(rowKey, 0), side, values }
    }
  }

  restore(rowKey: Buffer, list: Buffer | null): void {
    this.#layers.ownRows.put(rowKey, list)
  }

  flush(): void {}

  #rowKey(side: JoinSideName, key: K, timestampMs: number): Buffer {
    const keyBytes = this.#layers.left.encodeKey(key)
    const bytes = Buffer.allocUnsafe(HEAD_BYTES + keyBytes.length)
    writeInt64(bytes, timestampMs, 0)
    bytes.writeUInt8(SIDE_BYTES[side], TIME_BYTES)
    bytes.set(keyBytes, HEAD_BYTES)
    return bytes
  }
}

/** How far a join of streams has come. */
export interface JoinProgress {
  /** The greatest timestamp of both sides, −1 before the first. */
  streamTimeMs: number
  /** No record that waits is older, as far as is known; undefined when nothing is. */
  oldestMs: number | undefined
  /** The wall clock before which nothing is looked for again. */
  nextEmitMs: number
}

function emptyList(): Buffer {
  const list = Buffer.alloc(LIST_HEAD_BYTES)
  list.writeUInt8(VARIABLE_SIZE, 0)
  return list
}

/** The bytes of each value, without its side. */
function* entriesOf(list: Buffer): IterableIterator<Buffer> {
  for (let at = LIST_HEAD_BYTES; at < list.length; ) {
    const end = at + LENGTH_BYTES + list.readInt32BE(at)
    yield list.subarray(at + LENGTH_BYTES + 1, end)
    at = end
  }
}
