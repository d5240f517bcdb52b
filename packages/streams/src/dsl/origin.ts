/** Where a stream or table stands in its builder's graph, and how one becomes the other. */
import type { Serde } from '@millrace/client'
import type { TableLookup } from '../processors/table-lookup.ts'
import type { LogicalGraph, LogicalNode } from './logical-graph.ts'
import type { KGroupedStream, KGroupedTable, KStream, KTable } from './streams-and-tables.ts'

export interface Origin<K, V> {
  readonly dsl: Dsl
  readonly node: LogicalNode
  /** Undefined when the operator may have changed the type, and for lack of any. */
  readonly keySerde: Serde<K> | undefined
  readonly valueSerde: Serde<V> | undefined
}

export interface StreamOrigin<K, V> extends Origin<K, V> {
  /** True after an operator that may have changed the key. What needs equal keys together repartitions first. */
  readonly repartitionRequired: boolean
}

export interface TableOrigin<K, V> extends Origin<K, V> {
  readonly queryableStoreName: string | undefined
  /**
   * Asks for the old value of each change from here on. Without `force` the answer is false when that would need a store
   * that is not there yet.
   */
  enableOldValues(force: boolean): boolean
  /** How operators read single rows. A table that is made of records keeps a store from here on. */
  lookup(): TableLookup<K, V>
}

/** Makes streams and tables; the one place that knows their classes. */
export interface Dsl {
  readonly graph: LogicalGraph
  stream<K, V>(origin: StreamOrigin<K, V>): KStream<K, V>
  groupedStream<K, V>(origin: StreamOrigin<K, V>, repartitionName: string | undefined): KGroupedStream<K, V>
  table<K, V>(origin: TableOrigin<K, V>): KTable<K, V>
  groupedTable<K, V>(origin: Origin<K, V>, repartitionName: string | undefined): KGroupedTable<K, V>
}
