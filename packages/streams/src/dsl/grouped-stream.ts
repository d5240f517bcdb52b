import { type Serde, Serdes } from '@millrace/client'
import type { ProcessorSupplier } from '../processor/processor.ts'
import { type Aggregator, aggregate, type Initializer } from '../processors/aggregate.ts'
import { count } from '../processors/count.ts'
import { type Reducer, reduce } from '../processors/reduce.ts'
import { storedRows } from '../processors/table-lookup.ts'
import type { StoredTableOutput } from '../processors/table-output.ts'
import { type FieldUse, IGNORED, READ_AND_FORWARDED, READ_AND_REPLACED } from '../topology/field-use.ts'
import type { TimeWindows } from '../windows/time-windows.ts'
import { AGGREGATE_PREFIX, REDUCE_PREFIX, takeUnusedStoreNumber } from './aggregation-names.ts'
import { materialization, tableStore } from './materialization.ts'
import type { Materialized } from './materialized.ts'
import type { Named } from './named.ts'
import type { StreamOrigin } from './origin.ts'
import { StreamGrouping } from './stream-grouping.ts'
import type { KGroupedStream, KTable, TimeWindowedKStream } from './streams-and-tables.ts'
import { TimeWindowedStream } from './time-windowed-stream.ts'

interface Aggregation<K, VR> {
  readonly prefix: string
  /** Where the user gave none. */
  readonly valueSerde: Serde<VR> | undefined
  supplier(output: StoredTableOutput): ProcessorSupplier<unknown, unknown, unknown, unknown>
  keyUse(keySerde: Serde<K>): FieldUse
  readonly value: FieldUse
  readonly materialized: Materialized<K, VR> | undefined
  readonly named: Named | undefined
}

export class GroupedStream<K, V> implements KGroupedStream<K, V> {
  readonly #grouping: StreamGrouping<K, V>

  constructor(origin: StreamOrigin<K, V>, repartitionName: string | undefined) {
    this.#grouping = new StreamGrouping(origin, repartitionName)
  }

  count(materialized?: Materialized<K, number>, named?: Named): KTable<K, number> {
    takeUnusedStoreNumber(this.#grouping.origin.dsl.graph.names, materialized)
    return this.#aggregation<number>({
      prefix: AGGREGATE_PREFIX,
      valueSerde: Serdes.int64(),
      supplier: output => count<K, V>(output),
      keyUse: keySerde => ({ reads: false, forwards: true, writesWith: keySerde }),
      value: IGNORED,
      materialized,
      named,
    })
  }

  reduce(reducer: Reducer<V>, materialized?: Materialized<K, V>, named?: Named): KTable<K, V> {
    return this.#aggregation<V>({
      prefix: REDUCE_PREFIX,
      valueSerde: this.#grouping.origin.valueSerde,
      supplier: output => reduce<K, V>(reducer, output),
      keyUse: keySerde => ({ reads: false, forwards: true, writesWith: keySerde }),
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
  ): KTable<K, VR> {
    return this.#aggregation<VR>({
      prefix: AGGREGATE_PREFIX,
      valueSerde: Serdes.json<VR>(),
      supplier: output => aggregate<K, V, VR>(initializer, aggregator, output),
      keyUse: () => READ_AND_FORWARDED,
      value: READ_AND_REPLACED,
      materialized,
      named,
    })
  }

  windowedBy(windows: TimeWindows): TimeWindowedKStream<K, V> {
    return new TimeWindowedStream(this.#grouping, windows)
  }

  #aggregation<VR>(aggregation: Aggregation<K, VR>): KTable<K, VR> {
    const { prefix, valueSerde, supplier, keyUse, value, materialized, named } = aggregation
    const { dsl, keySerde } = this.#grouping.origin
    const { names } = dsl.graph
    const rows = materialization(materialized?.options ?? {}, { keySerde, valueSerde }, names, prefix)
    const name = names.processorOr(named?.name, prefix)
    let sendsOldValues = false
    const node = this.#grouping.addAggregation(name, rows.storeName, {
      resolve: defaults => ({
        supplier: supplier({ storeName: rows.storeName, sendsOldValues }),
        key: keyUse(defaults.keySerde(rows.keySerde, `store ${rows.storeName}`, 'Materialized')),
        value,
        store: tableStore(rows, defaults),
      }),
    })
    return dsl.table({
      dsl,
      node,
      keySerde: rows.keySerde,
      valueSerde: rows.valueSerde,
      queryableStoreName: rows.queryableName,
      enableOldValues: () => {
        sendsOldValues = true
        return true
      },
      lookup: () => storedRows(rows.storeName),
    })
  }
}
