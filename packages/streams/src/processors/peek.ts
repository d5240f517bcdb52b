import type { ProcessorSupplier } from '../processor/processor.ts'

/** Shows each record to `action`, then forwards it. State: none. Null keys and values are shown as they are. */
export function peek<K, V>(action: (key: K, value: V) => void): ProcessorSupplier<K, V> {
  return context => ({
    process(record) {
      action(record.key, record.value)
      context.forward(record)
    },
  })
}
