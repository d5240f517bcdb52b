import type { ProcessorSupplier } from '../processor/processor.ts'

/**
 * Forwards the records for which `predicate` gives `keep`.
 * State: none. Null keys and values reach the predicate. Order and timestamps stay.
 */
export function filter<K, V>(predicate: (key: K, value: V) => boolean, keep: boolean): ProcessorSupplier<K, V> {
  return context => ({
    process(record) {
      if (predicate(record.key, record.value) === keep) context.forward(record)
    },
  })
}
