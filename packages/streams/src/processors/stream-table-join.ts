import type { ProcessorSupplier } from '../processor/processor.ts'
import type { TableLookup } from './table-lookup.ts'
import type { ValueJoiner } from './value-joiner.ts'

/**
 * Joins each record of a stream with the row its key has in a table at that moment. The table triggers nothing.
 * State: none of its own; reads the table. The result has the timestamp and headers of the stream's record; late records
 * meet the row of now.
 * A record with a null value is dropped and counted in `dropped-records`, and so is one with a null key.
 */
export function streamTableJoin<K, V, VO, VR>(
  table: TableLookup<K, VO>,
  joiner: ValueJoiner<K, V, VO, VR>,
): ProcessorSupplier<K, V, K, VR | null> {
  return context => {
    const rowOf = table.open(context)
    return {
      process(record) {
        const { key, value } = record
        if (key === null || value === null) return context.drop('null key or value')
        const row = rowOf(record)
        if (row !== undefined) context.forward(record.withValue(joiner(value, row.value, key) ?? null))
      },
    }
  }
}

/** As {@link streamTableJoin}; a record whose key has no row, or that has no key (KIP-962), is joined with null. */
export function streamTableLeftJoin<K, V, VO, VR>(
  table: TableLookup<K, VO>,
  joiner: ValueJoiner<K, V, VO | null, VR>,
): ProcessorSupplier<K, V, K, VR | null> {
  return context => {
    const rowOf = table.open(context)
    return {
      process(record) {
        const { key, value } = record
        if (value === null) return context.drop('null key or value')
        const row = key === null ? undefined : rowOf(record)
        context.forward(record.withValue(joiner(value, row?.value ?? null, key) ?? null))
      },
    }
  }
}
