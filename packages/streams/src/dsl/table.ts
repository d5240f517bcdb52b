import type { Serde } from '@millrace/client'
import type { ProcessorSupplier } from '../processor/processor.ts'
import type { KeyValue } from '../processors/map.ts'
import type { ValueMapper } from '../processors/map-values.ts'
import { tableFilter } from '../processors/table-filter.ts'
import { filteredRows, mappedRows, storedRows, type TableLookup } from '../processors/table-lookup.ts'
import { tableMapValues } from '../processors/table-map-values.ts'
import type { TableOutput } from '../processors/table-output.ts'
import { tableRepartitionMap } from '../processors/table-repartition-map.ts'
import { tableToStream } from '../processors/table-to-stream.ts'
import type { ValueJoiner } from '../processors/value-joiner.ts'
import { READ_AND_FORWARDED, READ_AND_REPLACED } from '../topology/field-use.ts'
import type { Grouped } from './grouped.ts'
import { LogicalNode } from './logical-graph.ts'
import { givenStoreName, materialization, tableStore } from './materialization.ts'
import type { Materialized } from './materialized.ts'
import type { Named } from './named.ts'
import type { TableOrigin } from './origin.ts'
import type { KGroupedTable, KStream, KTable, Predicate } from './streams-and-tables.ts'
import { joinTables } from './table-join.ts'

/** An operator from table to table. */
interface TableOperation<K, V, VR> {
  readonly prefix: string
  supplier(output: TableOutput): ProcessorSupplier<unknown, unknown, unknown, unknown>
  /** The result without a store of its own. */
  lookup(parent: TableLookup<K, V>): TableLookup<K, VR>
  readonly valueSerde: Serde<VR> | undefined
  readonly sendsOldValues: boolean
  readonly materialized: Materialized<K, VR> | undefined
  readonly named: Named | undefined
}

export class Table<K, V> implements KTable<K, V> {
  constructor(readonly origin: TableOrigin<K, V>) {}

  get queryableStoreName(): string | undefined {
    return this.origin.queryableStoreName
  }

  filter(predicate: Predicate<K, V>, materialized?: Materialized<K, V>, named?: Named): KTable<K, V> {
    return this.#filter(predicate, true, materialized, named)
  }

  filterNot(predicate: Predicate<K, V>, materialized?: Materialized<K, V>, named?: Named): KTable<K, V> {
    return this.#filter(predicate, false, materialized, named)
  }

  mapValues<VR>(mapper: ValueMapper<K, V, VR>, materialized?: Materialized<K, VR>, named?: Named): KTable<K, VR> {
    return this.#derived<VR>({
      prefix: 'KTABLE-MAPVALUES-',
      supplier: output => tableMapValues<K, V, VR>(mapper, output),
      lookup: parent => mappedRows(parent, mapper),
      valueSerde: undefined,
      sendsOldValues: false,
      materialized,
      named,
    })
  }

  join<VO, VR>(
    other: KTable<K, VO>,
    joiner: ValueJoiner<K, V, VO, VR>,
    materialized?: Materialized<K, VR>,
    named?: Named,
  ): KTable<K, VR> {
    const options = { needsLeft: true, needsRight: true, joiner, materialized, named }
    return joinTables(this.origin, originOf(other), options)
  }

  leftJoin<VO, VR>(
    other: KTable<K, VO>,
    joiner: ValueJoiner<K, V, VO | null, VR>,
    materialized?: Materialized<K, VR>,
    named?: Named,
  ): KTable<K, VR> {
    const options = { needsLeft: true, needsRight: false, joiner, materialized, named }
    return joinTables(this.origin, originOf(other), options)
  }

  outerJoin<VO, VR>(
    other: KTable<K, VO>,
    joiner: ValueJoiner<K, V | null, VO | null, VR>,
    materialized?: Materialized<K, VR>,
    named?: Named,
  ): KTable<K, VR> {
    const options = { needsLeft: false, needsRight: false, joiner, materialized, named }
    return joinTables(this.origin, originOf(other), options)
  }

  toStream(named?: Named): KStream<K, V> {
    const { dsl, keySerde, valueSerde } = this.origin
    const name = dsl.graph.names.processorOr(named?.name, 'KTABLE-TOSTREAM-')
    const node = this.#add(name, tableToStream())
    return dsl.stream({ dsl, node, keySerde, valueSerde, repartitionRequired: false })
  }

  groupBy<KR, VR>(selector: (key: K, value: V) => KeyValue<KR, VR>, grouped?: Grouped<KR, VR>): KGroupedTable<KR, VR> {
    const { dsl } = this.origin
    const { name, keySerde, valueSerde } = grouped?.options ?? {}
    const node = this.#add(dsl.graph.names.processorOr(name, 'KTABLE-SELECT-'), tableRepartitionMap(selector))
    this.origin.enableOldValues(true)
    return dsl.groupedTable({ dsl, node, keySerde, valueSerde }, name)
  }

  #add(name: string, supplier: ProcessorSupplier<unknown, unknown, unknown, unknown>): LogicalNode {
    const resolved = { supplier, key: READ_AND_FORWARDED, value: READ_AND_REPLACED }
    const operator = { kind: 'processor', processing: { resolve: () => resolved } } as const
    return this.origin.dsl.graph.add(this.origin.node, new LogicalNode(name, operator))
  }

  #filter(
    predicate: Predicate<K, V>,
    keep: boolean,
    materialized: Materialized<K, V> | undefined,
    named: Named | undefined,
  ): KTable<K, V> {
    return this.#derived<V>({
      prefix: 'KTABLE-FILTER-',
      supplier: output => tableFilter<K, V>(predicate, keep, output),
      lookup: parent => filteredRows(parent, predicate, keep),
      valueSerde: this.origin.valueSerde,
      sendsOldValues: this.origin.enableOldValues(false), // then no tombstones for rows that never passed
      materialized,
      named,
    })
  }

  #derived<VR>(operation: TableOperation<K, V, VR>): KTable<K, VR> {
    const { prefix, supplier, valueSerde, materialized, named } = operation
    const { dsl, keySerde } = this.origin
    const { names } = dsl.graph
    const options = materialized?.options
    const storeName = options === undefined ? undefined : givenStoreName(options)
    // Kafka Streams takes a number for the name of a store that will not be there
    if (options !== undefined && storeName === undefined) names.store(prefix)
    const rows =
      options === undefined || storeName === undefined
        ? undefined
        : materialization(options, { keySerde, valueSerde }, names, prefix)
    let { sendsOldValues } = operation
    const node = new LogicalNode(names.processorOr(named?.name, prefix), {
      kind: 'processor',
      processing: {
        resolve: defaults => ({
          supplier: supplier({ storeName, sendsOldValues }),
          key: READ_AND_FORWARDED,
          value: READ_AND_REPLACED,
          store: rows === undefined ? undefined : tableStore(rows, defaults),
        }),
      },
    })
    return dsl.table<K, VR>({
      dsl,
      node: dsl.graph.add(this.origin.node, node),
      keySerde: options?.keySerde ?? keySerde,
      valueSerde: options?.valueSerde ?? valueSerde,
      queryableStoreName: storeName,
      enableOldValues: force => {
        if (storeName !== undefined || this.origin.enableOldValues(force)) sendsOldValues = true
        return sendsOldValues
      },
      lookup: () => (storeName === undefined ? operation.lookup(this.origin.lookup()) : storedRows<K, VR>(storeName)),
    })
  }
}

function originOf<K, V>(table: KTable<K, V>): TableOrigin<K, V> {
  if (!(table instanceof Table)) throw new TypeError('a table joins with a table of a StreamsBuilder')
  return table.origin
}
