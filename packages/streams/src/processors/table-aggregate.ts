import { StreamsError } from '../errors.ts'
import type { Change } from '../processor/change.ts'
import type { ProcessorSupplier } from '../processor/processor.ts'
import { storeKey } from '../processor/record.ts'
import type { TimestampedKeyValueStore } from '../state/state-store.ts'
import type { StoredTableOutput } from './table-output.ts'

/** How rows enter and leave the aggregate of their group. */
export interface GroupAggregation<K, V, VR> {
  /** `aggregate` is undefined when the group has none yet. */
  add(key: K, value: V, aggregate: VR | undefined): VR | null
  subtract(key: K, value: V, aggregate: VR): VR | null
}

/**
 * Folds the rows of a grouped table: the old row leaves its group's aggregate, then the new one enters.
 * State: group key → aggregate with the greatest timestamp of the changes that met an aggregate.
 * The result's timestamp is that of the record, or that of the aggregate when it is greater. A row leaves only an aggregate
 * that exists. Throws a StreamsError for a null key. Late changes apply like others.
 */
export function tableAggregate<K, V, VR>(
  { add, subtract }: GroupAggregation<K, V, VR>,
  { storeName, sendsOldValues }: StoredTableOutput,
): ProcessorSupplier<K, Change<V>, K, Change<VR>> {
  return context => {
    const aggregates = context.getStateStore<TimestampedKeyValueStore<K, VR>>(storeName)
    return {
      process(record) {
        const { key, value: change, timestampMs } = record
        if (key === null) throw new StreamsError(`the aggregation into ${storeName} was given a null key`)
        const keyBytes = storeKey(record, aggregates)
        const previous = aggregates.getEncoded(keyBytes)
        let result: VR | null = previous?.value ?? null
        if (change.oldValue !== null && result !== null) result = subtract(key, change.oldValue, result) ?? null
        if (change.newValue !== null) result = add(key, change.newValue, result ?? undefined) ?? null
        const latestMs = previous === undefined ? timestampMs : Math.max(timestampMs, previous.timestampMs)
        aggregates.putEncoded(keyBytes, result, latestMs)
        const oldValue = sendsOldValues && previous !== undefined ? previous.value : null
        context.forward(record.withValueAndTimestamp({ newValue: result, oldValue }, latestMs))
      },
    }
  }
}
