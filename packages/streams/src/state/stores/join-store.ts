import type { Serde } from '@millrace/client'
import type { EncodedKeys, StateStore } from '../state-store.ts'
import type { Changelog } from './changelog.ts'
import { parseWindowChangelogKey, windowChangelogKey } from './changelogged-window-rows.ts'
import type { JoinRows } from './join-rows.ts'
import type { StoreSerdes } from './store-serdes.ts'

const MAX_SEQUENCE = 0x7fff_ffff

export interface JoinStoreLayers<K, V> {
  readonly name: string
  readonly persistent: boolean
  readonly serdes: StoreSerdes<K, V>
  readonly rows: JoinRows
  /** Undefined for a store without one. */
  readonly changelog: Changelog | undefined
  readonly onExpired: () => void
}

/** Records of one side of a join of streams. Equal keys and timestamps do not replace each other. */
export class JoinStore<K, V> implements StateStore, EncodedKeys<K> {
  readonly name: string
  readonly persistent: boolean
  readonly #layers: JoinStoreLayers<K, V>
  /** Keeps changelog keys apart. */
  #sequence = 0

  constructor(layers: JoinStoreLayers<K, V>) {
    this.name = layers.name
    this.persistent = layers.persistent
    this.#layers = layers
  }

  get keySerde(): Serde<K> {
    return this.#layers.serdes.keySerde
  }

  encodeKey(key: K): Uint8Array {
    return this.#layers.serdes.encodeKey(key)
  }

  /** A value that is null, or serializes to nothing, is not kept: it joins with nothing. */
  putEncoded(keyBytes: Uint8Array, value: V | null, timestampMs: number): void {
    const bytes = this.#layers.serdes.encodeValue(value)
    if (bytes === null) return
    if (!this.#layers.rows.put(keyBytes, timestampMs, bytes)) this.#layers.onExpired()
    this.#sequence = this.#sequence === MAX_SEQUENCE ? 0 : this.#sequence + 1
    this.#layers.changelog?.log(windowChangelogKey(keyBytes, timestampMs, this.#sequence), bytes)
  }

  /** Values with timestamps in `[fromMs, toMs]` (ms): oldest first, then in the order they were put. */
  fetchEncoded(keyBytes: Uint8Array, fromMs: number, toMs: number): { timestampMs: number; value: V }[] {
    const { rows, serdes } = this.#layers
    return rows
      .fetch(keyBytes, fromMs, toMs)
      .map(({ timestampMs, value }) => ({ timestampMs, value: serdes.decodeValue(value) }))
  }

  restore(changelogKey: Buffer, value: Buffer | null): void {
    const { key, startMs } = parseWindowChangelogKey(changelogKey)
    if (value !== null) this.#layers.rows.put(key, startMs, value)
  }

  flush(): void {}
}
