import type { ProcessorSupplier } from '../processor/processor.ts'

/**
 * Stands before each repartition topic: a record without a key belongs to no partition.
 * State: none. Null keys are left out, not counted as dropped, as in Kafka Streams; null values pass.
 */
export function nonNullKey<K, V>(): ProcessorSupplier<K, V> {
  return context => ({
    process(record) {
      if (record.key !== null) context.forward(record)
    },
  })
}
