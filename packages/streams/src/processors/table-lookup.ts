/** How an operator reads rows of a table whose changes it is not given. */
import type { ProcessorContext } from '../processor/context.ts'
import { type Record, storeKey } from '../processor/record.ts'
import type { TimestampedKeyValueStore, TimestampedWindowStore, ValueAndTimestamp } from '../state/state-store.ts'
import type { Windowed } from '../windows/windowed.ts'
import type { ValueMapper } from './map-values.ts'

export interface TableLookup<K, V> {
  /** The stores that hold what is read. `context` must be connected to them. */
  readonly storeNames: readonly string[]
  open(context: StoreAccess): RowReader<K, V>
}

/** The row of the record's key, which must not be null; undefined when the table has none. */
export type RowReader<K, V> = (record: Record<K, unknown>) => ValueAndTimestamp<V> | undefined

export type StoreAccess = Pick<ProcessorContext<never, never>, 'getStateStore'>

/** The rows of a table that is materialized. */
export function storedRows<K, V>(storeName: string): TableLookup<K, V> {
  return {
    storeNames: [storeName],
    open(context) {
      const rows = context.getStateStore<TimestampedKeyValueStore<K, V>>(storeName)
      return record => rows.getEncoded(storeKey(record, rows))
    },
  }
}

/** The rows of a windowed aggregation. */
export function storedWindows<K, V>(storeName: string): TableLookup<Windowed<K>, V> {
  return {
    storeNames: [storeName],
    open(context) {
      const windows = context.getStateStore<TimestampedWindowStore<K, V>>(storeName)
      return ({ key: { key, startMs } }) => windows.fetch(key, startMs)
    },
  }
}

/** The rows of `table` for which `predicate` gives `keep`. */
export function filteredRows<K, V>(
  table: TableLookup<K, V>,
  predicate: (key: K, value: V) => boolean,
  keep: boolean,
): TableLookup<K, V> {
  return {
    storeNames: table.storeNames,
    open(context) {
      const rowOf = table.open(context)
      return record => {
        const row = rowOf(record)
        return row !== undefined && predicate(record.key, row.value) === keep ? row : undefined
      }
    },
  }
}

/** The rows of `table` with other values. */
export function mappedRows<K, V, VR>(table: TableLookup<K, V>, mapper: ValueMapper<K, V, VR>): TableLookup<K, VR> {
  return {
    storeNames: table.storeNames,
    open(context) {
      const rowOf = table.open(context)
      return record => {
        const row = rowOf(record)
        if (row === undefined) return undefined
        const value = mapper(row.value, record.key) ?? null
        return value === null ? undefined : { value, timestampMs: row.timestampMs }
      }
    },
  }
}
