import { type Serde, Serdes } from '@millrace/client'
import type { Aggregator, Initializer } from '../processors/aggregate.ts'
import type { Reducer } from '../processors/reduce.ts'
import { type GroupAggregation, tableAggregate } from '../processors/table-aggregate.ts'
import { storedRows } from '../processors/table-lookup.ts'
import { READ_AND_FORWARDED, READ_AND_REPLACED } from '../topology/field-use.ts'
import { LogicalNode } from './logical-graph.ts'
import { materialization, tableStore } from './materialization.ts'
import type { Materialized } from './materialized.ts'
import type { Named } from './named.ts'
import { suffixedName } from './names.ts'
import type { Origin } from './origin.ts'
import type { KGroupedTable, KTable } from './streams-and-tables.ts'

const AGGREGATE_PREFIX = 'KTABLE-AGGREGATE-'
const REDUCE_PREFIX = 'KTABLE-REDUCE-'

interface TableAggregation<K, V, VR> extends GroupAggregation<K, V, VR> {
  /** Of the node; stores of all three aggregations are named after `aggregate`. */
  readonly prefix: string
  readonly valueSerde: Serde<VR> | undefined
  readonly materialized: Materialized<K, VR> | undefined
  readonly named: Named | undefined
}

export class GroupedTable<K, V> implements KGroupedTable<K, V> {
  #repartition: LogicalNode | undefined

  constructor(
    private readonly origin: Origin<K, V>,
    private readonly repartitionName: string | undefined,
  ) {}

  count(materialized?: Materialized<K, number>, named?: Named): KTable<K, number> {
    return this.#aggregation<number>({
      prefix: AGGREGATE_PREFIX,
      valueSerde: Serdes.int64(),
      add: (_key, _value, total) => (total ?? 0) + 1,
      subtract: (_key, _value, total) => total - 1,
      materialized,
      named,
    })
  }

  reduce(adder: Reducer<V>, subtractor: Reducer<V>, materialized?: Materialized<K, V>, named?: Named): KTable<K, V> {
    return this.#aggregation<V>({
      prefix: REDUCE_PREFIX,
      valueSerde: this.origin.valueSerde,
      add: (_key, value, result) => (result === undefined ? value : adder(result, value)),
      subtract: (_key, value, result) => subtractor(result, value),
      materialized,
      named,
    })
  }

  aggregate<VR>(
    initializer: Initializer<VR>,
    adder: Aggregator<K, V, VR>,
    subtractor: Aggregator<K, V, VR>,
    materialized?: Materialized<K, VR>,
    named?: Named,
  ): KTable<K, VR> {
    return this.#aggregation<VR>({
      prefix: AGGREGATE_PREFIX,
      valueSerde: Serdes.json<VR>(),
      add: (key, value, result) => adder(key, value, result === undefined ? initializer() : result),
      subtract: subtractor,
      materialized,
      named,
    })
  }

  #aggregation<VR>(aggregation: TableAggregation<K, V, VR>): KTable<K, VR> {
    const { prefix, valueSerde, materialized, named } = aggregation
    const { dsl, keySerde } = this.origin
    const { graph } = dsl
    const rows = materialization(materialized?.options ?? {}, { keySerde, valueSerde }, graph.names, AGGREGATE_PREFIX)
    const { storeName } = rows
    const repartition = this.#addRepartition(storeName, named)
    let sendsOldValues = false
    const node = new LogicalNode(graph.names.processorOr(named?.name, prefix), {
      kind: 'processor',
      processing: {
        resolve: defaults => ({
          supplier: tableAggregate<K, V, VR>(aggregation, { storeName, sendsOldValues }),
          key: READ_AND_FORWARDED,
          value: READ_AND_REPLACED,
          store: tableStore(rows, defaults),
        }),
      },
    })
    return dsl.table<K, VR>({
      dsl,
      node: graph.add(repartition, node),
      keySerde: rows.keySerde,
      valueSerde: rows.valueSerde,
      queryableStoreName: rows.queryableName,
      enableOldValues: () => {
        sendsOldValues = true
        return true
      },
      lookup: () => storedRows(storeName),
    })
  }

  /** Aggregations share the topic when the user named it. */
  #addRepartition(storeName: string, named: Named | undefined): LogicalNode {
    const { dsl, node, keySerde, valueSerde } = this.origin
    const { names } = dsl.graph
    const sinkName = names.processorOr(suffixedName(named?.name, '-sink'), 'KSTREAM-SINK-')
    const sourceName = names.processorOr(suffixedName(named?.name, '-source'), 'KSTREAM-SOURCE-')
    if (this.#repartition === undefined || this.repartitionName === undefined) {
      const topic = `${this.repartitionName ?? storeName}-repartition`
      const operator = { kind: 'grouped-table-repartition', topic, sinkName, keySerde, valueSerde } as const
      this.#repartition = new LogicalNode(sourceName, operator)
    }
    return dsl.graph.add(node, this.#repartition)
  }
}
