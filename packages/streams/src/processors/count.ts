import type { Change } from '../processor/change.ts'
import type { ProcessorSupplier } from '../processor/processor.ts'
import { storeKey } from '../processor/record.ts'
import type { TimestampedKeyValueStore } from '../state/state-store.ts'
import type { StoredTableOutput } from './table-output.ts'

/**
 * Counts records per key and forwards each new total.
 * State: key → count with the greatest timestamp seen for the key, which is the result's timestamp.
 * A record whose key or value is null is dropped and counted in `dropped-records`. Late records count like all others.
 */
export function count<K, V>({
  storeName,
  sendsOldValues,
}: StoredTableOutput): ProcessorSupplier<K, V, K, Change<number>> {
  return context => {
    const counts = context.getStateStore<TimestampedKeyValueStore<K, number>>(storeName)
    return {
      process(record) {
        const { key, value, timestampMs } = record
        if (key === null || value === null) return context.drop('null key or value')
        const keyBytes = storeKey(record, counts)
        const previous = counts.getEncoded(keyBytes)
        const total = (previous?.value ?? 0) + 1
        const latestMs = previous === undefined ? timestampMs : Math.max(timestampMs, previous.timestampMs)
        counts.putEncoded(keyBytes, total, latestMs)
        const oldValue = sendsOldValues && previous !== undefined ? previous.value : null
        context.forward(record.withValueAndTimestamp({ newValue: total, oldValue }, latestMs))
      },
    }
  }
}
