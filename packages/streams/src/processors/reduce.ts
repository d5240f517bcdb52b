import type { Change } from '../processor/change.ts'
import type { ProcessorSupplier } from '../processor/processor.ts'
import { storeKey } from '../processor/record.ts'
import type { TimestampedKeyValueStore } from '../state/state-store.ts'
import type { StoredTableOutput } from './table-output.ts'

/** Null removes the key. */
export type Reducer<V> = (aggregate: V, value: V) => V | null

/**
 * Folds the values of each key into one of the same type; the first value stands for itself.
 * State: key → result with the greatest timestamp seen for the key, which is the result's timestamp.
 * A record whose key or value is null is dropped and counted in `dropped-records`. Records fold in offset order, late or not.
 */
export function reduce<K, V>(
  reducer: Reducer<V>,
  { storeName, sendsOldValues }: StoredTableOutput,
): ProcessorSupplier<K, V, K, Change<V>> {
  return context => {
    const results = context.getStateStore<TimestampedKeyValueStore<K, V>>(storeName)
    return {
      process(record) {
        const { key, value, timestampMs } = record
        if (key === null || value === null) return context.drop('null key or value')
        const keyBytes = storeKey(record, results)
        const previous = results.getEncoded(keyBytes)
        const newValue = previous === undefined ? value : (reducer(previous.value, value) ?? null)
        const latestMs = previous === undefined ? timestampMs : Math.max(timestampMs, previous.timestampMs)
        results.putEncoded(keyBytes, newValue, latestMs)
        const oldValue = sendsOldValues && previous !== undefined ? previous.value : null
        context.forward(record.withValueAndTimestamp({ newValue, oldValue }, latestMs))
      },
    }
  }
}
