import type { ProcessorSupplier } from '../processor/processor.ts'

/** Forwards everything: where streams merge, and at the head of each branch. Records of two parents keep no common order. */
export function passThrough<K, V>(): ProcessorSupplier<K, V> {
  return context => ({
    process(record) {
      context.forward(record)
    },
  })
}
