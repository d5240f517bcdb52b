import type { Change } from '../processor/change.ts'
import type { ProcessorSupplier } from '../processor/processor.ts'

/** Forwards the new value of each change; null for a removed key. State: none. Timestamps and order stay. */
export function tableToStream<K, V>(): ProcessorSupplier<K, Change<V>, K, V | null> {
  return context => ({
    process(record) {
      context.forward(record.withValue(record.value.newValue))
    },
  })
}
