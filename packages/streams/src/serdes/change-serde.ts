import type { Serde } from '@millrace/client'
import { type RecordHeader, sizeOfVarint, VarintReader, writeVarint } from '@millrace/protocol'
import { StreamsError } from '../errors.ts'
import type { Change } from '../processor/change.ts'

/**
 * The last byte of a change says what is before it (Kafka Streams' `ChangedSerializer`, KIP-904). 3, 4 and 5 are the same
 * with one more byte before the last: whether the change is the latest of its key, for versioned tables.
 */
const OLD = 0
const NEW = 1
const BOTH = 2
const WITH_LATEST_FLAG = 3

/**
 * The changes of a grouped table in its repartition topic: `old 00`, `new 01` or `varint(length of new) new old 02`.
 * A change with neither value has no form: StreamsError.
 */
export class ChangeSerde<V> implements Serde<Change<V>> {
  constructor(private readonly inner: Serde<V>) {}

  serialize(topic: string, change: Change<V>, headers?: readonly RecordHeader[]): Uint8Array {
    const added = this.#encode(topic, change.newValue, headers)
    const removed = this.#encode(topic, change.oldValue, headers)
    if (added !== null && removed !== null) {
      const lengthBytes = sizeOfVarint(added.length)
      const bytes = Buffer.allocUnsafe(lengthBytes + added.length + removed.length + 1)
      writeVarint(bytes, added.length, 0)
      bytes.set(added, lengthBytes)
      bytes.set(removed, lengthBytes + added.length)
      bytes[bytes.length - 1] = BOTH
      return bytes
    }
    const only = added ?? removed
    if (only === null) throw new StreamsError('a change of a table has neither an old nor a new value')
    const bytes = Buffer.allocUnsafe(only.length + 1)
    bytes.set(only)
    bytes[only.length] = added === null ? OLD : NEW
    return bytes
  }

  deserialize(topic: string, bytes: Buffer, headers?: readonly RecordHeader[]): Change<V> {
    const encoding = bytes[bytes.length - 1] ?? -1
    const hasLatestFlag = encoding >= WITH_LATEST_FLAG
    const content = bytes.subarray(0, bytes.length - (hasLatestFlag ? 2 : 1))
    switch (hasLatestFlag ? encoding - WITH_LATEST_FLAG : encoding) {
      case OLD:
        return { newValue: null, oldValue: this.inner.deserialize(topic, content, headers) }
      case NEW:
        return { newValue: this.inner.deserialize(topic, content, headers), oldValue: null }
      case BOTH: {
        const reader = new VarintReader(content, 0, content.length)
        const length = reader.varint()
        const start = reader.position
        if (length < 0 || length > content.length - start) {
          throw new StreamsError(`topic ${topic}: a change claims ${length} bytes of ${content.length - start}`)
        }
        return {
          newValue: this.inner.deserialize(topic, content.subarray(start, start + length), headers),
          oldValue: this.inner.deserialize(topic, content.subarray(start + length), headers),
        }
      }
      default:
        throw new StreamsError(`topic ${topic}: a change ends in the unknown byte ${encoding}`)
    }
  }

  #encode(topic: string, value: V | null, headers?: readonly RecordHeader[]): Uint8Array | null {
    return value === null ? null : this.inner.serialize(topic, value, headers)
  }
}
