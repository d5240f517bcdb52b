import type { ProcessorSupplier } from '../processor/processor.ts'
import { storeKey } from '../processor/record.ts'
import type { JoinStore } from '../state/stores/join-store.ts'

/**
 * Keeps the records of one side of a join for the other.
 * State: every record with a key, for as long as a partner may come. A record is kept after it was joined, so that it
 * never meets itself. Null keys and null values are not kept, but forwarded: they have no partner.
 */
export function joinWindow<K, V>(storeName: string): ProcessorSupplier<K, V> {
  return context => {
    const window = context.getStateStore<JoinStore<K, V>>(storeName)
    return {
      process(record) {
        context.forward(record)
        if (record.key !== null) window.putEncoded(storeKey(record, window), record.value, record.timestampMs)
      },
    }
  }
}
