import type { Change } from '../processor/change.ts'
import type { ProcessorSupplier } from '../processor/processor.ts'
import type { TimestampedKeyValueStore } from '../state/state-store.ts'
import type { ValueMapper } from './map-values.ts'
import type { TableOutput } from './table-output.ts'

/**
 * Replaces the values of a table.
 * State: key → mapped value, only when the result is materialized.
 * Null values do not reach the mapper and stay null; an undefined result counts as null, which removes the key.
 * Timestamps stay; late changes apply like others.
 */
export function tableMapValues<K, V, VR>(
  mapper: ValueMapper<K, V, VR>,
  { storeName, sendsOldValues }: TableOutput,
): ProcessorSupplier<K, Change<V>, K, Change<VR>> {
  return context => {
    const rows = storeName === undefined ? undefined : context.getStateStore<TimestampedKeyValueStore<K, VR>>(storeName)
    const mapped = (key: K, value: V | null): VR | null => (value === null ? null : (mapper(value, key) ?? null))
    return {
      process(record) {
        const { key, value: change, timestampMs } = record
        const newValue = mapped(key, change.newValue)
        const oldValue = !sendsOldValues
          ? null
          : rows === undefined
            ? mapped(key, change.oldValue)
            : (rows.get(key)?.value ?? null)
        rows?.put(key, newValue, timestampMs)
        context.forward(record.withValue({ newValue, oldValue }))
      },
    }
  }
}
