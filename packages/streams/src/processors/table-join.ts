import type { Change } from '../processor/change.ts'
import type { ProcessorSupplier } from '../processor/processor.ts'
import { storeKey } from '../processor/record.ts'
import type { TimestampedKeyValueStore } from '../state/state-store.ts'
import type { TableLookup } from './table-lookup.ts'
import type { TableOutput } from './table-output.ts'
import type { ValueJoiner } from './value-joiner.ts'

/** One of two joined tables as the operator sees it that reacts to its changes. */
export interface TableJoinSide<K, V, VO, VR> {
  /** Where the rows of the other table are. */
  readonly other: TableLookup<K, VO>
  readonly joiner: ValueJoiner<K, V | null, VO | null, VR>
  /** True when a key has a result only if this table has a row of it; then the joiner is given that. */
  readonly needsOwn: boolean
  /** As `needsOwn`, for the other table. */
  readonly needsOther: boolean
  /** True when one record may change both tables, so that the other's row can be gone before this side hears of it. */
  readonly changesTogether: boolean
}

/**
 * Joins the changes of one table with the rows of another, for one of the two directions.
 * State: none of its own; reads the other table. The result's timestamp is the greater one of both rows; late changes
 * apply like others.
 * A record with a null key is dropped and counted in `dropped-records`. Where a side that must have a row has none, its
 * change is passed over: there was no result and there is none. Old values must be there where no row is needed of the
 * other table, and for tables that change together; for these a removed row forwards a tombstone even when the other one
 * is gone as well, which Kafka Streams forgets.
 */
export function tableJoin<K, V, VO, VR>(
  { other, joiner, needsOwn, needsOther, changesTogether }: TableJoinSide<K, V, VO, VR>,
  sendsOldValues: boolean,
): ProcessorSupplier<K, Change<V>, K, Change<VR>> {
  const joined = (key: K, own: V | null, otherValue: VO | null): VR | null => {
    if (own === null && (needsOwn || otherValue === null)) return null
    if (otherValue === null && needsOther) return null
    return joiner(own, otherValue, key) ?? null
  }
  return context => {
    const otherRowOf = other.open(context)
    return {
      process(record) {
        const { key, value: change, timestampMs } = record
        if (key === null) return context.drop('null key')
        const row = otherRowOf(record)
        if (row === undefined) {
          const hadResult = !needsOther || (changesTogether && change.newValue === null && change.oldValue !== null)
          if (!hadResult || (change.newValue === null && change.oldValue === null)) return
        }
        const otherValue = row?.value ?? null
        const newValue = joined(key, change.newValue, otherValue)
        const oldValue = sendsOldValues ? joined(key, change.oldValue, otherValue) : null
        const latestMs = row === undefined ? timestampMs : Math.max(timestampMs, row.timestampMs)
        context.forward(record.withValueAndTimestamp({ newValue, oldValue }, latestMs))
      },
    }
  }
}

/** The rows of a joined table that has no store. */
export function joinedRows<K, V, VO, VR>(
  own: TableLookup<K, V>,
  { other, joiner, needsOwn, needsOther }: TableJoinSide<K, V, VO, VR>,
): TableLookup<K, VR> {
  return {
    storeNames: [...new Set([...own.storeNames, ...other.storeNames])],
    open(context) {
      const ownRowOf = own.open(context)
      const otherRowOf = other.open(context)
      return record => {
        const ownRow = ownRowOf(record)
        if (ownRow === undefined && needsOwn) return undefined
        const otherRow = otherRowOf(record)
        if (otherRow === undefined && (needsOther || ownRow === undefined)) return undefined
        const value = joiner(ownRow?.value ?? null, otherRow?.value ?? null, record.key) ?? null
        if (value === null) return undefined
        return { value, timestampMs: Math.max(ownRow?.timestampMs ?? 0, otherRow?.timestampMs ?? 0) }
      }
    },
  }
}

export interface TableJoinOutput extends TableOutput {
  /** True when the old values of the sides are no good, because the tables change together: the store has the right one. */
  readonly readsOldValues: boolean
}

/**
 * Makes a table of the results of both directions.
 * State: key → result, when the table is materialized. Order, timestamps and nulls stay as they come.
 */
export function tableJoinMerge<K, V>({
  storeName,
  sendsOldValues,
  readsOldValues,
}: TableJoinOutput): ProcessorSupplier<K, Change<V>, K, Change<V>> {
  return context => {
    const rows = storeName === undefined ? undefined : context.getStateStore<TimestampedKeyValueStore<K, V>>(storeName)
    return {
      process(record) {
        if (rows === undefined) return context.forward(record)
        const { newValue } = record.value
        const keyBytes = storeKey(record, rows)
        const oldValue = readsOldValues ? (rows.getEncoded(keyBytes)?.value ?? null) : record.value.oldValue
        rows.putEncoded(keyBytes, newValue, record.timestampMs)
        context.forward(record.withValue({ newValue, oldValue: sendsOldValues ? oldValue : null }))
      },
    }
  }
}
