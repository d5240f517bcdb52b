import type { Change } from '../processor/change.ts'
import type { ProcessorSupplier } from '../processor/processor.ts'
import { storeKey } from '../processor/record.ts'
import type { TimestampedWindowStore } from '../state/state-store.ts'
import type { TimeWindows } from '../windows/time-windows.ts'
import { Windowed } from '../windows/windowed.ts'
import type { StoredTableOutput } from './table-output.ts'

/**
 * Makes the next aggregate of a window; `aggregate` is undefined for its first record. Null removes the window.
 * Unlike the aggregations without windows it is given null values too, as in Kafka Streams.
 */
export type WindowAggregator<K, V, VR> = (key: K, value: V, aggregate: VR | undefined) => VR | null

/**
 * Folds the values of each key and window into an aggregate; forwards each changed window, oldest first.
 * State: (key, window start) → aggregate with the greatest timestamp of its records, which is the result's timestamp.
 * A record with a null key is dropped and counted in `dropped-records`; null values are folded like others.
 * Late: a window takes records while its end is after `observed time − grace`, where the observed time is the greatest
 * timestamp this operator has seen, the record in hand included. Each window that is too old counts once in
 * `dropped-records`; a hopping record may still change its later windows. After a restart the observed time starts anew.
 */
export function windowAggregate<K, V, VR>(
  windows: TimeWindows,
  aggregator: WindowAggregator<K, V, VR>,
  { storeName, sendsOldValues }: StoredTableOutput,
): ProcessorSupplier<K, V, Windowed<K>, Change<VR>> {
  const { sizeMs, advanceMs, graceMs } = windows
  return context => {
    const aggregates = context.getStateStore<TimestampedWindowStore<K, VR>>(storeName)
    let observedMs = -1
    return {
      process(record) {
        const { key, value, timestampMs } = record
        if (key === null) return context.drop('null key')
        if (timestampMs > observedMs) observedMs = timestampMs
        const keyBytes = storeKey(record, aggregates)
        const closedUntilMs = observedMs - graceMs
        for (let startMs = windows.firstStartMs(timestampMs); startMs <= timestampMs; startMs += advanceMs) {
          const endMs = startMs + sizeMs
          if (endMs <= closedUntilMs) {
            context.drop('expired window')
            continue
          }
          const previous = aggregates.fetchEncoded(keyBytes, startMs)
          const newValue = aggregator(key, value, previous?.value) ?? null
          const latestMs = previous === undefined ? timestampMs : Math.max(timestampMs, previous.timestampMs)
          aggregates.putEncoded(keyBytes, newValue, startMs, latestMs)
          const oldValue = sendsOldValues && previous !== undefined ? previous.value : null
          const windowed = record.withKeyAndValue(new Windowed(key, startMs, endMs), { newValue, oldValue })
          context.forward(latestMs === timestampMs ? windowed : windowed.withTimestamp(latestMs))
        }
      },
    }
  }
}
