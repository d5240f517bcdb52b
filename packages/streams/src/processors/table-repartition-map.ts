import { isDeepStrictEqual } from 'node:util'
import { StreamsError } from '../errors.ts'
import type { Change } from '../processor/change.ts'
import type { ProcessorSupplier } from '../processor/processor.ts'
import type { KeyValue } from './map.ts'

/**
 * Moves the changes of a table to the keys they are grouped by. A change within one group travels as one record; a change
 * of the group as two, the removal from the old group first (KIP-904).
 * State: none; needs a parent that sends old values. Null values do not reach the selector; a pair with a null key or value
 * belongs to no group and is left out, uncounted. Throws a StreamsError for a null key, which no table has.
 * Group keys are equal when their contents are.
 */
export function tableRepartitionMap<K, V, KR, VR>(
  selector: (key: K, value: V) => KeyValue<KR, VR>,
): ProcessorSupplier<K, Change<V>, KR, Change<VR>> {
  const pairOf = (key: K, value: V | null): KeyValue<KR, VR> | null => {
    if (value === null) return null
    const pair = selector(key, value)
    return (pair[0] ?? null) === null || (pair[1] ?? null) === null ? null : pair
  }
  return context => ({
    process(record) {
      const { key, value: change } = record
      if (key === null) throw new StreamsError('a table that is grouped has a record with a null key')
      const added = pairOf(key, change.newValue)
      const removed = pairOf(key, change.oldValue)
      if (added !== null && removed !== null && isDeepStrictEqual(added[0], removed[0])) {
        context.forward(record.withKeyAndValue(removed[0], { newValue: added[1], oldValue: removed[1] }))
        return
      }
      if (removed !== null)
        context.forward(record.withKeyAndValue(removed[0], { newValue: null, oldValue: removed[1] }))
      if (added !== null) context.forward(record.withKeyAndValue(added[0], { newValue: added[1], oldValue: null }))
    },
  })
}
