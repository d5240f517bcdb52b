/**
 * The description of a topology, as data and as Kafka Streams' text.
 *
 * Kafka Streams orders nodes by the size of what hangs below them, largest first, then by name. It links them one by one
 * in the order of a hash map and sorts the neighbours of a node by the sizes known at that moment, so the order of
 * neighbours can differ from the order of their final sizes. Linking in the same order gives the same text.
 */
import type { TopologyGraph } from './graph.ts'
import { parentsOf } from './graph.ts'
import { javaHashOrder } from './java-hash-order.ts'
import { JavaTreeSet } from './java-tree-set.ts'
import { nodeGroups } from './node-groups.ts'
import type { TopologyNode } from './nodes.ts'

export interface DescribedNode {
  readonly node: TopologyNode
  /** Processors only. */
  readonly storeNames: readonly string[]
  readonly predecessors: readonly string[]
  readonly successors: readonly string[]
}

export interface DescribedSubTopology {
  readonly id: number
  readonly nodes: readonly DescribedNode[]
}

export class TopologyDescription {
  constructor(readonly subTopologies: readonly DescribedSubTopology[]) {}

  toString(): string {
    return `Topologies:\n ${this.subTopologies.map(printSubTopology).join('')}`
  }
}

export function describe(graph: TopologyGraph): TopologyDescription {
  return new TopologyDescription(nodeGroups(graph).map((group, id) => ({ id, nodes: describeGroup(group, graph) })))
}

/** A node while its neighbours are being linked. */
class LinkedNode {
  readonly predecessors = new JavaTreeSet(comesBefore)
  readonly successors = new JavaTreeSet(comesBefore)
  /** Nodes below and including this one, once for each way that leads there. */
  size = 1

  constructor(readonly node: TopologyNode) {}

  get name(): string {
    return this.node.name
  }

  grow(by: number): void {
    this.size += by
    for (const predecessor of this.predecessors) predecessor.grow(by)
  }
}

function describeGroup(group: readonly TopologyNode[], graph: TopologyGraph): readonly DescribedNode[] {
  const nodes = new Map<string, LinkedNode>()
  for (const name of javaHashOrder(group.map(node => node.name)))
    nodes.set(name, new LinkedNode(graph.nodes.get(name)!))
  for (const linked of nodes.values()) {
    for (const parentName of parentsOf(linked.node)) {
      const parent = nodes.get(parentName)!
      linked.predecessors.add(parent)
      parent.successors.add(linked)
      parent.grow(linked.size)
    }
  }
  return [...nodes.values()]
    .sort((one, other) => (comesBefore(one, other) ? -1 : 1))
    .map(({ node, predecessors, successors }) => ({
      node,
      storeNames: javaHashOrder(graph.storeNamesByProcessor.get(node.name) ?? []),
      predecessors: Array.from(predecessors, ({ name }) => name),
      successors: Array.from(successors, ({ name }) => name),
    }))
}

function comesBefore(one: LinkedNode, other: LinkedNode): boolean {
  return one.size === other.size ? one.name < other.name : one.size > other.size
}

function printSubTopology({ id, nodes }: DescribedSubTopology): string {
  return `  Sub-topology: ${id}\n${nodes.map(node => `    ${printNode(node)}\n`).join('')}\n`
}

function printNode({ node, storeNames, predecessors, successors }: DescribedNode): string {
  const down = `\n      --> ${successors.join(', ') || 'none'}`
  const up = `\n      <-- ${predecessors.join(', ') || 'none'}`
  switch (node.kind) {
    case 'source':
      return `Source: ${node.name} (topics: [${javaHashOrder(node.topics, 'copied').join(', ')}])${down}`
    case 'processor':
      return `Processor: ${node.name} (stores: [${storeNames.join(', ')}])${down}${up}`
    case 'sink':
      return typeof node.topic === 'string'
        ? `Sink: ${node.name} (topic: ${node.topic})${up}`
        : `Sink: ${node.name} (extractor class: ${node.topic.name || 'anonymous'})${up}`
  }
}
