import type { Change } from '../processor/change.ts'
import type { ProcessorSupplier } from '../processor/processor.ts'
import { storeKey } from '../processor/record.ts'
import type { TimestampedKeyValueStore } from '../state/state-store.ts'
import type { TableOutput } from './table-output.ts'

/**
 * Turns a stream of records into the changes of a table.
 * State: key → value with its timestamp, when the table is materialized. A null value removes the key.
 * A record with a null key is dropped and counted in `dropped-records`. The last record in offset order wins, even an
 * older one; an update that changes nothing and a tombstone for an unknown key are forwarded, as in Kafka Streams.
 */
export function tableSource<K, V>({ storeName, sendsOldValues }: TableOutput): ProcessorSupplier<K, V, K, Change<V>> {
  return context => {
    const rows = storeName === undefined ? undefined : context.getStateStore<TimestampedKeyValueStore<K, V>>(storeName)
    return {
      process(record) {
        const { key, value, timestampMs } = record
        if (key === null) return context.drop('null key')
        let oldValue: V | null = null
        if (rows !== undefined) {
          const keyBytes = storeKey(record, rows)
          if (sendsOldValues) oldValue = rows.getEncoded(keyBytes)?.value ?? null
          rows.putEncoded(keyBytes, value, timestampMs)
        }
        context.forward(record.withValue({ newValue: value, oldValue }))
      },
    }
  }
}
