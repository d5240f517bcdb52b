import type { Change } from '../processor/change.ts'
import type { ProcessorSupplier } from '../processor/processor.ts'
import type { TimestampedKeyValueStore } from '../state/state-store.ts'
import type { TableOutput } from './table-output.ts'

/**
 * Keeps the rows for which `predicate` gives `keep`; a row that fails becomes a tombstone.
 * State: key → the row that passed, only when the result is materialized.
 * Null values do not reach the predicate. When old values are known, a tombstone is forwarded only for a key whose old
 * value had passed; otherwise for every row that fails, as in Kafka Streams. Timestamps stay; late changes apply like others.
 */
export function tableFilter<K, V>(
  predicate: (key: K, value: V) => boolean,
  keep: boolean,
  { storeName, sendsOldValues }: TableOutput,
): ProcessorSupplier<K, Change<V>, K, Change<V>> {
  return context => {
    const rows = storeName === undefined ? undefined : context.getStateStore<TimestampedKeyValueStore<K, V>>(storeName)
    const passed = (key: K, value: V | null): V | null =>
      value !== null && predicate(key, value) === keep ? value : null
    return {
      process(record) {
        const { key, value: change, timestampMs } = record
        const newValue = passed(key, change.newValue)
        const oldValue = !sendsOldValues
          ? null
          : rows === undefined
            ? passed(key, change.oldValue)
            : (rows.get(key)?.value ?? null)
        if (sendsOldValues && oldValue === null && newValue === null) return
        rows?.put(key, newValue, timestampMs)
        context.forward(record.withValue({ newValue, oldValue }))
      },
    }
  }
}
