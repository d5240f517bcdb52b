import type { StoreBuilder } from '../state/store-builder.ts'
import type { TopologyNode } from './nodes.ts'

/** What a topology holds. Everything is in the order it was added, parents before children. */
export interface TopologyGraph {
  readonly nodes: ReadonlyMap<string, TopologyNode>
  readonly stores: ReadonlyMap<string, StoreBuilder>
  /** Processors without stores are absent. */
  readonly storeNamesByProcessor: ReadonlyMap<string, ReadonlySet<string>>
  /** By topic name without the application's prefix. */
  readonly repartitionTopics: ReadonlyMap<string, RepartitionSettings>
  /** Names of sources. */
  readonly copartitionGroups: readonly (readonly string[])[]
}

export interface RepartitionSettings {
  /** Undefined takes the greatest count of the topics it is fed from. */
  readonly partitionCount?: number
}

export function parentsOf(node: TopologyNode): readonly string[] {
  return node.kind === 'source' ? [] : node.parents
}
