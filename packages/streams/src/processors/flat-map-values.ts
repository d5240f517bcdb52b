import type { ProcessorSupplier } from '../processor/processor.ts'
import type { ValueMapper } from './map-values.ts'

/**
 * Replaces a record by one for each value of the mapper, in its order.
 * State: none. Null keys and values reach the mapper; undefined in its result counts as null. Timestamp and headers stay.
 */
export function flatMapValues<K, V, VR>(
  mapper: ValueMapper<K, V, Iterable<VR>>,
): ProcessorSupplier<K, V, K, VR | null> {
  return context => ({
    process(record) {
      for (const value of mapper(record.value, record.key)) context.forward(record.withValue(value ?? null))
    },
  })
}
