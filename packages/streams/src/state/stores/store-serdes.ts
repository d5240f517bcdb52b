import type { Serde } from '@millrace/client'
import { StreamsError } from '../../errors.ts'

/** The types of one store. `topic` is what the serdes are told: the name of the store's changelog. */
export class StoreSerdes<K, V> {
  readonly #topic: string
  readonly keySerde: Serde<K>
  readonly #valueSerde: Serde<V>

  constructor(topic: string, keySerde: Serde<K>, valueSerde: Serde<V>) {
    this.#topic = topic
    this.keySerde = keySerde
    this.#valueSerde = valueSerde
  }

  /** Throws a StreamsError for a key that serializes to nothing. */
  encodeKey(key: K): Uint8Array {
    const bytes = key === null || key === undefined ? null : this.keySerde.serialize(this.#topic, key)
    if (bytes === null) throw new StreamsError('a key of a state store must not be null')
    return bytes
  }

  /** Null for a null value: a delete. */
  encodeValue(value: V | null): Uint8Array | null {
    return value === null || value === undefined ? null : this.#valueSerde.serialize(this.#topic, value)
  }

  encodePrefix<P>(prefix: P, serde: Pick<Serde<P>, 'serialize'>): Uint8Array {
    return serde.serialize(this.#topic, prefix) ?? new Uint8Array(0)
  }

  decodeKey(bytes: Buffer): K {
    return this.keySerde.deserialize(this.#topic, bytes)
  }

  decodeValue(bytes: Buffer): V {
    return this.#valueSerde.deserialize(this.#topic, bytes)
  }
}
