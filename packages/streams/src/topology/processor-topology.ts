/** A topology cut into sub-topologies, with the application's prefix on its internal topics: what tasks are made from. */
import type { StoreBuilder } from '../state/store-builder.ts'
import type { InternalTopic } from './internal-topics.ts'
import type { TopologyNode } from './nodes.ts'

export interface ProcessorTopology {
  readonly applicationId: string
  /** By id; ids count from 0. */
  readonly subTopologies: readonly SubTopology[]
}

/** A connected part of a topology: nodes that hand each other records or share a store. */
export interface SubTopology {
  readonly id: number
  /** Parents before children; topic names are full. */
  readonly nodes: readonly TopologyNode[]
  readonly stores: readonly StoreBuilder[]
  /** The stores each processor may use, by the processor's name. */
  readonly storeNamesByProcessor: ReadonlyMap<string, readonly string[]>
  /** A task has one partition of each of these. */
  readonly sourceTopics: readonly string[]
  /** Those source topics that the application makes and fills itself. */
  readonly repartitionTopics: readonly InternalTopic[]
  /** By store name; stores without a changelog are absent. */
  readonly changelogTopics: ReadonlyMap<string, InternalTopic>
  /** Groups of source topics that must have equally many partitions. */
  readonly copartitionGroups: readonly (readonly string[])[]
}
