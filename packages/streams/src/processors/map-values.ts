import type { ProcessorSupplier } from '../processor/processor.ts'

/** The key must not be changed. */
export type ValueMapper<K, V, VR> = (value: V, key: K) => VR

/**
 * Replaces the value.
 * State: none. Null keys and values reach the mapper; an undefined result counts as null. Timestamp and headers stay.
 */
export function mapValues<K, V, VR>(mapper: ValueMapper<K, V, VR>): ProcessorSupplier<K, V, K, VR | null> {
  return context => ({
    process(record) {
      context.forward(record.withValue(mapper(record.value, record.key) ?? null))
    },
  })
}
