import type { ProcessorSupplier } from '../processor/processor.ts'
import type { KeyValue } from './map.ts'

/**
 * Replaces a record by any number of records, in the mapper's order.
 * State: none. Null keys and values reach the mapper; undefined in its result counts as null. Timestamp and headers stay.
 */
export function flatMap<K, V, KR, VR>(
  mapper: (key: K, value: V) => Iterable<KeyValue<KR, VR>>,
): ProcessorSupplier<K, V, KR | null, VR | null> {
  return context => ({
    process(record) {
      for (const [key, value] of mapper(record.key, record.value)) {
        context.forward(record.withKeyAndValue(key ?? null, value ?? null))
      }
    },
  })
}
