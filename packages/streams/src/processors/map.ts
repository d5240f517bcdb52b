import type { ProcessorSupplier } from '../processor/processor.ts'

export type KeyValue<K, V> = readonly [key: K, value: V]

/**
 * Replaces key and value.
 * State: none. Null keys and values reach the mapper; undefined in its result counts as null. Timestamp and headers stay.
 */
export function map<K, V, KR, VR>(
  mapper: (key: K, value: V) => KeyValue<KR, VR>,
): ProcessorSupplier<K, V, KR | null, VR | null> {
  return context => ({
    process(record) {
      const [key, value] = mapper(record.key, record.value)
      context.forward(record.withKeyAndValue(key ?? null, value ?? null))
    },
  })
}
