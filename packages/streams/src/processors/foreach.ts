import type { ProcessorSupplier } from '../processor/processor.ts'

/** Hands each record to `action`; the end of a stream. State: none. Null keys and values are handed on as they are. */
export function foreach<K, V>(action: (key: K, value: V) => void): ProcessorSupplier<K, V, never, never> {
  return () => ({
    process(record) {
      action(record.key, record.value)
    },
  })
}
