import type { Change } from '../processor/change.ts'
import type { ProcessorSupplier } from '../processor/processor.ts'
import { storeKey } from '../processor/record.ts'
import type { TimestampedKeyValueStore } from '../state/state-store.ts'
import type { StoredTableOutput } from './table-output.ts'

/** The aggregate before the first record of a key. */
export type Initializer<VR> = () => VR
/** Null removes the key. The aggregate it is given must not be changed in place. */
export type Aggregator<K, V, VR> = (key: K, value: V, aggregate: VR) => VR | null

/**
 * Folds the values of each key into an aggregate.
 * State: key → aggregate with the greatest timestamp seen for the key, which is the result's timestamp.
 * A record whose key or value is null is dropped and counted in `dropped-records`. Records fold in offset order, late or not.
 * The old value of a key's first change is null; Kafka Streams sends the initializer's value there, which a table grouped
 * from this one would subtract without ever having added it.
 */
export function aggregate<K, V, VR>(
  initializer: Initializer<VR>,
  aggregator: Aggregator<K, V, VR>,
  { storeName, sendsOldValues }: StoredTableOutput,
): ProcessorSupplier<K, V, K, Change<VR>> {
  return context => {
    const aggregates = context.getStateStore<TimestampedKeyValueStore<K, VR>>(storeName)
    return {
      process(record) {
        const { key, value, timestampMs } = record
        if (key === null || value === null) return context.drop('null key or value')
        const keyBytes = storeKey(record, aggregates)
        const previous = aggregates.getEncoded(keyBytes)
        const newValue = aggregator(key, value, previous === undefined ? initializer() : previous.value) ?? null
        const latestMs = previous === undefined ? timestampMs : Math.max(timestampMs, previous.timestampMs)
        aggregates.putEncoded(keyBytes, newValue, latestMs)
        const oldValue = sendsOldValues && previous !== undefined ? previous.value : null
        context.forward(record.withValueAndTimestamp({ newValue, oldValue }, latestMs))
      },
    }
  }
}
