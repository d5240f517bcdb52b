import type { StoreBuilder } from '../state/store-builder.ts'
import type { Topology } from '../topology/topology.ts'
import { BuilderDefaults, type StreamsBuilderOptions } from './builder-defaults.ts'
import type { Consumed } from './consumed.ts'
import { GroupedStream } from './grouped-stream.ts'
import { GroupedTable } from './grouped-table.ts'
import { LogicalGraph, LogicalNode } from './logical-graph.ts'
import { materialization } from './materialization.ts'
import type { Materialized } from './materialized.ts'
import { checkedName } from './names.ts'
import type { Dsl } from './origin.ts'
import { physicalPlan } from './physical-plan.ts'
import { Stream } from './stream.ts'
import type { KStream, KTable } from './streams-and-tables.ts'
import { Table } from './table.ts'
import { TableStore } from './table-store.ts'

/** Describes an application as streams and tables; `build` makes the topology. */
export class StreamsBuilder {
  readonly #graph = new LogicalGraph()
  readonly #defaults: BuilderDefaults
  readonly #dsl: Dsl = {
    graph: this.#graph,
    stream: origin => new Stream(origin),
    groupedStream: (origin, repartitionName) => new GroupedStream(origin, repartitionName),
    table: origin => new Table(origin),
    groupedTable: (origin, repartitionName) => new GroupedTable(origin, repartitionName),
  }

  constructor(options: StreamsBuilderOptions = {}) {
    this.#defaults = new BuilderDefaults(options)
  }

  /** Streams of the same topics share one source, which has the name and options of the first. */
  stream<K, V>(topics: string | readonly string[], consumed?: Consumed<K, V>): KStream<K, V> {
    const options = consumed?.options ?? {}
    const { keySerde, valueSerde } = options
    const node = new LogicalNode(this.#graph.names.processorOr(options.name, 'KSTREAM-SOURCE-'), {
      kind: 'stream-source',
      topics: typeof topics === 'string' ? [topics] : [...topics],
      consumed: options,
    })
    this.#graph.add(this.#graph.root, node)
    return this.#dsl.stream({ dsl: this.#dsl, node, keySerde, valueSerde, repartitionRequired: false })
  }

  /**
   * The latest value of each key of a topic. It has a store when `materialized` names one or an operator needs it; the
   * store has the serdes of the topic.
   */
  table<K, V>(topic: string, consumed: Consumed<K, V>, materialized?: Materialized<K, V>): KTable<K, V> {
    const { names } = this.#graph
    const { options } = consumed
    const given = materialized?.options ?? {}
    const keySerde = options.keySerde ?? given.keySerde
    const valueSerde = options.valueSerde ?? given.valueSerde
    const rows = materialization<K, V>({ ...given, keySerde, valueSerde }, { keySerde, valueSerde }, names, `${topic}-`)
    const store = new TableStore(rows)
    const givenSourceName = options.name === undefined ? undefined : checkedName(`${options.name}-source`)
    const sourceName = names.processorOr(givenSourceName, 'KSTREAM-SOURCE-')
    const node = new LogicalNode(names.processorOr(options.name, 'KTABLE-SOURCE-'), {
      kind: 'table-source',
      sourceName,
      topic,
      consumed: { ...options, keySerde, valueSerde },
      processing: store.processing,
    })
    this.#graph.add(this.#graph.root, node)
    return this.#dsl.table({
      dsl: this.#dsl,
      node,
      keySerde: rows.keySerde,
      valueSerde: rows.valueSerde,
      queryableStoreName: rows.queryableName,
      enableOldValues: force => store.enableOldValues(force),
      lookup: () => store.lookup(),
    })
  }

  /** For processors that name it. */
  addStateStore(builder: StoreBuilder): this {
    this.#graph.add(this.#graph.root, new LogicalNode(builder.name, { kind: 'store', builder }))
    return this
  }

  /** Throws a TopologyError where a serde is missing, a name is used twice or a topic is read in two ways. */
  build(): Topology {
    return physicalPlan(this.#graph, this.#defaults)
  }
}
