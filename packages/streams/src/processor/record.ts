/**
 * A record on its way through a topology.
 *
 * Keys and values that pass through unchanged keep their bytes: a record remembers what its key and value were decoded
 * from, and whoever writes them again under the same serde takes those bytes. So decoded keys and values are shared and
 * must never be changed in place: forward `record.withValue(changed)`.
 */
import type { Serde } from '@millrace/client'
import type { RecordHeader } from '@millrace/protocol'
import { StreamsError } from '../errors.ts'
import type { EncodedKeys } from '../state/state-store.ts'

/** In the order they were written; a name may repeat. Never changed in place. */
export type RecordHeaders = readonly RecordHeader[]
export const NO_HEADERS: RecordHeaders = Object.freeze([])

export class Record<K, V> {
  /**
   * @param timestampMs event time; a negative one throws {@link StreamsError}
   * @param keySerde the serde that `keyBytes` are written in; both or neither are set. Only the runtime sets them.
   * @param valueSerde as `keySerde`, for `valueBytes`
   */
  constructor(
    readonly key: K,
    readonly value: V,
    readonly timestampMs: number,
    readonly headers: RecordHeaders = NO_HEADERS,
    readonly keySerde: Serde<unknown> | undefined = undefined,
    readonly keyBytes: Uint8Array | undefined = undefined,
    readonly valueSerde: Serde<unknown> | undefined = undefined,
    readonly valueBytes: Uint8Array | undefined = undefined,
  ) {
    if (!(timestampMs >= 0)) throw new StreamsError(`a record needs a timestamp of at least 0 ms, not ${timestampMs}`)
  }

  withKey<K2>(key: K2): Record<K2, V> {
    const { value, timestampMs, headers, valueSerde, valueBytes } = this
    return new Record(key, value, timestampMs, headers, undefined, undefined, valueSerde, valueBytes)
  }

  withValue<V2>(value: V2): Record<K, V2> {
    return new Record(this.key, value, this.timestampMs, this.headers, this.keySerde, this.keyBytes)
  }

  withKeyAndValue<K2, V2>(key: K2, value: V2): Record<K2, V2> {
    return new Record(key, value, this.timestampMs, this.headers)
  }

  withTimestamp(timestampMs: number): Record<K, V> {
    const { key, value, headers, keySerde, keyBytes, valueSerde, valueBytes } = this
    return new Record(key, value, timestampMs, headers, keySerde, keyBytes, valueSerde, valueBytes)
  }

  withValueAndTimestamp<V2>(value: V2, timestampMs: number): Record<K, V2> {
    return new Record(this.key, value, timestampMs, this.headers, this.keySerde, this.keyBytes)
  }

  withHeaders(headers: RecordHeaders): Record<K, V> {
    const { key, value, timestampMs, keySerde, keyBytes, valueSerde, valueBytes } = this
    return new Record(key, value, timestampMs, headers, keySerde, keyBytes, valueSerde, valueBytes)
  }
}

/** The record's key as `serde` writes it for `topic`; null for a null key. */
export function encodedKey<K>(record: Record<K, unknown>, serde: Serde<K>, topic: string): Uint8Array | null {
  if (record.keyBytes !== undefined && record.keySerde === serde) return record.keyBytes
  return record.key === null ? null : serde.serialize(topic, record.key, record.headers)
}

/** The record's key as `store` keeps it. The key must not be null. */
export function storeKey<K>(record: Record<K, unknown>, store: EncodedKeys<K>): Uint8Array {
  if (record.keyBytes !== undefined && record.keySerde === store.keySerde) return record.keyBytes
  return store.encodeKey(record.key)
}

/** The record's value as `serde` writes it for `topic`; null for a null value. */
export function encodedValue<V>(record: Record<unknown, V>, serde: Serde<V>, topic: string): Uint8Array | null {
  if (record.valueBytes !== undefined && record.valueSerde === serde) return record.valueBytes
  return record.value === null ? null : serde.serialize(topic, record.value, record.headers)
}
