/** A topology cut into sub-topologies, with the application's prefix on its internal topics: what tasks are made from. */
import type { StoreBuilder } from '../state/store-builder.ts'
import type { TopologyGraph } from './graph.ts'
import {
  changelogTopic,
  type InternalTopic,
  type InternalTopicSettings,
  internalTopicName,
  repartitionTopic,
} from './internal-topics.ts'
import { nodeGroups } from './node-groups.ts'
import type { SourceNode, TopologyNode } from './nodes.ts'

/** A connected part of a topology: nodes that hand each other records or share a store. */
export interface SubTopology {
  /** Sub-topologies count from 0. */
  readonly id: number
  /** Parents before children; topic names are full. */
  readonly nodes: readonly TopologyNode[]
  readonly stores: readonly StoreBuilder[]
  /** The stores each processor may use, by the processor's name. Processors without stores are absent. */
  readonly storeNamesByProcessor: ReadonlyMap<string, ReadonlySet<string>>
  /** A task has one partition of each of these, as far as they have it. */
  readonly sourceTopics: readonly string[]
  /** Topics that its sinks name; a sink may also choose one for each record. */
  readonly sinkTopics: readonly string[]
  /** Those source topics that the application makes and fills itself. */
  readonly repartitionTopics: readonly InternalTopic[]
  /** By store name; stores without a changelog are absent. */
  readonly changelogTopics: ReadonlyMap<string, InternalTopic>
  /** Groups of source topics that must have equally many partitions. */
  readonly copartitionGroups: readonly (readonly string[])[]
}

/** Sub-topologies by id. */
export function subTopologies(
  graph: TopologyGraph,
  applicationId: string,
  settings: InternalTopicSettings,
): readonly SubTopology[] {
  const fullName = (topic: string): string =>
    graph.repartitionTopics.has(topic) ? internalTopicName(applicationId, topic) : topic

  return nodeGroups(graph).map((group, id) => {
    const sources = group.filter(node => node.kind === 'source')
    const topics = sources.flatMap(source => source.topics)
    const storeNamesByProcessor = new Map<string, ReadonlySet<string>>()
    for (const { name } of group) {
      const storeNames = graph.storeNamesByProcessor.get(name)
      if (storeNames !== undefined) storeNamesByProcessor.set(name, storeNames)
    }
    const ownStoreNames = new Set([...storeNamesByProcessor.values()].flatMap(storeNames => [...storeNames]))
    const stores = [...graph.stores.values()].filter(store => ownStoreNames.has(store.name))
    const logged = stores.filter(store => store.changelogConfig !== null)
    return {
      id,
      nodes: group.map(node => withTopicNames(node, fullName)),
      stores,
      storeNamesByProcessor,
      sourceTopics: topics.map(fullName),
      sinkTopics: group.flatMap(node =>
        node.kind === 'sink' && typeof node.topic === 'string' ? [fullName(node.topic)] : [],
      ),
      repartitionTopics: topics.flatMap(topic => {
        const repartition = graph.repartitionTopics.get(topic)
        if (repartition === undefined) return []
        return [repartitionTopic(applicationId, topic, repartition.partitionCount, settings)]
      }),
      changelogTopics: new Map(logged.map(store => [store.name, changelogTopic(applicationId, store, settings)])),
      copartitionGroups: copartitionGroupsOf(sources, graph).map(group => group.map(fullName)),
    }
  })
}

function withTopicNames(node: TopologyNode, fullName: (topic: string) => string): TopologyNode {
  if (node.kind === 'source') return { ...node, topics: node.topics.map(fullName) }
  if (node.kind === 'sink' && typeof node.topic === 'string') return { ...node, topic: fullName(node.topic) }
  return node
}

function copartitionGroupsOf(sources: readonly SourceNode[], graph: TopologyGraph): readonly (readonly string[])[] {
  return graph.copartitionGroups
    .map(sourceNames => sources.filter(source => sourceNames.includes(source.name)).flatMap(source => source.topics))
    .filter(topics => topics.length > 0)
}
