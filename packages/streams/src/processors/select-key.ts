import type { ProcessorSupplier } from '../processor/processor.ts'

/**
 * Replaces the key; the value keeps its bytes.
 * State: none. Null keys and values reach the selector; an undefined result counts as null. Timestamp and headers stay.
 */
export function selectKey<K, V, KR>(selector: (key: K, value: V) => KR): ProcessorSupplier<K, V, KR | null, V> {
  return context => ({
    process(record) {
      context.forward(record.withKey(selector(record.key, record.value) ?? null))
    },
  })
}
