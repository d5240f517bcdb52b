import { type Serde, Serdes } from '@millrace/client'
import type { Aggregator, Initializer } from '../processors/aggregate.ts'
import type { Reducer } from '../processors/reduce.ts'
import { storedWindows } from '../processors/table-lookup.ts'
import { type WindowAggregator, windowAggregate } from '../processors/window-aggregate.ts'
import { TimeWindowedSerde } from '../serdes/time-windowed-serde.ts'
import { type FieldUse, IGNORED, READ_AND_REPLACED } from '../topology/field-use.ts'
import type { TimeWindows } from '../windows/time-windows.ts'
import type { Windowed } from '../windows/windowed.ts'
import { AGGREGATE_PREFIX, REDUCE_PREFIX, takeUnusedStoreNumber } from './aggregation-names.ts'
import { materialization, windowStore } from './materialization.ts'
import type { Materialized } from './materialized.ts'
import type { Named } from './named.ts'
import type { StreamGrouping } from './stream-grouping.ts'
import type { KTable, TimeWindowedKStream } from './streams-and-tables.ts'

interface WindowAggregation<K, V, VR> {
  readonly prefix: string
  /** Where the user gave none. */
  readonly valueSerde: Serde<VR> | undefined
  readonly aggregator: WindowAggregator<K, V, VR>
  readonly value: FieldUse
  readonly materialized: Materialized<K, VR> | undefined
  readonly named: Named | undefined
}

export class TimeWindowedStream<K, V> implements TimeWindowedKStream<K, V> {
  constructor(
    private readonly grouping: StreamGrouping<K, V>,
    private readonly windows: TimeWindows,
  ) {}

  count(materialized?: Materialized<K, number>, named?: Named): KTable<Windowed<K>, number> {
    takeUnusedStoreNumber(this.grouping.origin.dsl.graph.names, materialized)
    return this.#aggregation<number>({
      prefix: AGGREGATE_PREFIX,
      valueSerde: Serdes.int64(),
      aggregator: (_key, _value, total) => (total ?? 0) + 1,
      value: IGNORED,
      materialized,
      named,
    })
  }

  reduce(reducer: Reducer<V>, materialized?: Materialized<K, V>, named?: Named): KTable<Windowed<K>, V> {
    return this.#aggregation<V>({
      prefix: REDUCE_PREFIX,
      valueSerde: this.grouping.origin.valueSerde,
      aggregator: (_key, value, result) => (result === undefined ? value : reducer(result, value)),
      value: READ_AND_REPLACED,
      materialized,
      named,
    })
  }

  aggregate<VR>(
    initializer: Initializer<VR>,
    aggregator: Aggregator<K, V, VR>,
    materialized?: Materialized<K, VR>,
    named?: Named,
  ): KTable<Windowed<K>, VR> {
    return this.#aggregation<VR>({
      prefix: AGGREGATE_PREFIX,
      valueSerde: Serdes.json<VR>(),
      aggregator: (key, value, result) => aggregator(key, value, result === undefined ? initializer() : result),
      value: READ_AND_REPLACED,
      materialized,
      named,
    })
  }

  #aggregation<VR>(aggregation: WindowAggregation<K, V, VR>): KTable<Windowed<K>, VR> {
    const { prefix, valueSerde, aggregator, value, materialized, named } = aggregation
    const { windows } = this
    const { dsl, keySerde } = this.grouping.origin
    const { names } = dsl.graph
    const rows = materialization(materialized?.options ?? {}, { keySerde, valueSerde }, names, prefix)
    const { storeName } = rows
    let sendsOldValues = false
    const node = this.grouping.addAggregation(names.processorOr(named?.name, prefix), storeName, {
      resolve: defaults => ({
        supplier: windowAggregate(windows, aggregator, { storeName, sendsOldValues }),
        key: READ_AND_REPLACED,
        value,
        store: windowStore(rows, windows, defaults),
      }),
    })
    return dsl.table<Windowed<K>, VR>({
      dsl,
      node,
      keySerde: rows.keySerde === undefined ? undefined : new TimeWindowedSerde(rows.keySerde, windows.sizeMs),
      valueSerde: rows.valueSerde,
      queryableStoreName: rows.queryableName,
      enableOldValues: () => {
        sendsOldValues = true
        return true
      },
      lookup: () => storedWindows(storeName),
    })
  }
}
