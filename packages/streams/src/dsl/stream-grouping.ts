import { LogicalNode, type Processing } from './logical-graph.ts'
import type { StreamOrigin } from './origin.ts'
import { repartitionNode } from './repartition.ts'

/** Where the aggregations of one grouped stream hang: below the stream, or below a repartition when keys may have moved. */
export class StreamGrouping<K, V> {
  #repartition: LogicalNode | undefined

  constructor(
    readonly origin: StreamOrigin<K, V>,
    /** Set by the user; then all aggregations of the group share the repartition topic. */
    private readonly repartitionName: string | undefined,
  ) {}

  /** @param storeName names the repartition topic when the user did not */
  addAggregation(name: string, storeName: string, processing: Processing): LogicalNode {
    const { graph } = this.origin.dsl
    const node = new LogicalNode(name, { kind: 'processor', processing })
    if (!this.origin.repartitionRequired) return graph.add(this.origin.node, node)
    const { keySerde, valueSerde } = this.origin
    const repartition = repartitionNode(graph.names, { name: this.repartitionName ?? storeName, keySerde, valueSerde })
    if (this.#repartition === undefined || this.repartitionName === undefined) this.#repartition = repartition
    graph.add(this.origin.node, this.#repartition)
    return graph.add(this.#repartition, node)
  }
}
