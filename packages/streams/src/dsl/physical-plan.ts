/** Turns a logical graph into a topology: node by node in the order of their priorities, each after all its parents. */
import { TopologyError } from '../errors.ts'
import { nonNullKey } from '../processors/non-null-key.ts'
import { passThrough } from '../processors/pass-through.ts'
import { ChangeSerde } from '../serdes/change-serde.ts'
import { isWindowedSerde, windowedPartitioner } from '../serdes/windowed-serde.ts'
import { ONLY_FORWARDED } from '../topology/field-use.ts'
import type { SourceNode } from '../topology/nodes.ts'
import { failOnInvalidTimestamp } from '../topology/timestamp-extractors.ts'
import { Topology } from '../topology/topology.ts'
import type { BuilderDefaults } from './builder-defaults.ts'
import type { ConsumedOptions } from './consumed.ts'
import type {
  GroupedTableRepartition,
  LogicalGraph,
  LogicalNode,
  Processing,
  Repartition,
  StreamSink,
} from './logical-graph.ts'

/** Throws a TopologyError where a serde is missing or names collide. */
export function physicalPlan(graph: LogicalGraph, defaults: BuilderDefaults): Topology {
  mergeDuplicateSources(graph)
  const plan = new PhysicalPlan(defaults)
  for (const node of inBuildOrder(graph)) plan.write(node)
  return plan.topology
}

/** Streams of the same topics share one source. */
function mergeDuplicateSources(graph: LogicalGraph): void {
  const readers = new Map<string, LogicalNode>()
  for (const node of [...graph.root.children]) {
    if (node.operator.kind !== 'stream-source') continue
    const { topics } = node.operator
    const first = readers.get(topics[0] ?? '')
    const overlapping = topics.map(topic => readers.get(topic))
    if (overlapping.every(reader => reader === undefined)) {
      for (const topic of topics) readers.set(topic, node)
      continue
    }
    if (first?.operator.kind !== 'stream-source' || !sameTopics(first.operator.topics, topics)) {
      throw new TopologyError(`sources read overlapping but unequal sets of topics, one of them ${topics.join(', ')}`)
    }
    if (first.operator.consumed.autoOffsetReset !== node.operator.consumed.autoOffsetReset) {
      throw new TopologyError(`topic ${topics.join(', ')} is read with two different offset reset policies`)
    }
    for (const child of node.children) {
      first.children.add(child)
      child.parents.delete(node)
      child.parents.add(first)
    }
    graph.remove(node)
  }
}

function sameTopics(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every(topic => other.includes(topic))
}

function inBuildOrder(graph: LogicalGraph): LogicalNode[] {
  const ordered: LogicalNode[] = []
  const written = new Set([graph.root])
  const reached = new Set(graph.root.children)
  while (reached.size > 0) {
    let next: LogicalNode | undefined
    for (const node of reached) {
      if (!inputsOf(node).every(input => written.has(input))) continue
      if (next === undefined || node.buildPriority < next.buildPriority) next = node
    }
    reached.delete(next!)
    written.add(next!)
    ordered.push(next!)
    for (const child of next!.children) reached.add(child)
  }
  return ordered
}

/** What an operator is given records of, and what it reads. */
function inputsOf({ parents, traits: { looksInto } }: LogicalNode): readonly LogicalNode[] {
  return looksInto === undefined ? [...parents] : [...parents, looksInto]
}

/** Names of the sources whose topics a node's records and rows come from, without going back over a repartition. */
function sourcesAbove(node: LogicalNode): readonly string[] {
  return [...new Set(inputsOf(node).flatMap(sourcesOf))]
}

function sourcesOf(node: LogicalNode): readonly string[] {
  switch (node.operator.kind) {
    case 'stream-source':
    case 'repartition':
    case 'grouped-table-repartition':
      return [node.name]
    case 'table-source':
      return [node.operator.sourceName]
    default:
      return sourcesAbove(node)
  }
}

/** True when somebody downstream makes something of records without a key, be it behind another repartition. */
function nullKeysAreWanted({ children }: LogicalNode): boolean {
  return [...children].some(child => child.traits.takesNullKeys === true || nullKeysAreWanted(child))
}

class PhysicalPlan {
  readonly topology = new Topology()

  constructor(private readonly defaults: BuilderDefaults) {}

  write(node: LogicalNode): void {
    this.#writeNodes(node)
    if (node.traits.copartitions === true) this.topology.copartition(sourcesAbove(node))
  }

  #writeNodes(node: LogicalNode): void {
    const { name, operator } = node
    const parents = [...node.parents].map(parent => parent.name)
    switch (operator.kind) {
      case 'root':
        return
      case 'store':
        this.topology.addStateStore(operator.builder)
        return
      case 'stream-source':
        this.topology.add(this.#source(name, operator.topics, operator.consumed))
        return
      case 'table-source':
        this.topology.add(this.#source(operator.sourceName, [operator.topic], operator.consumed))
        this.#processor(name, operator.processing, [operator.sourceName])
        return
      case 'processor':
        this.#processor(name, operator.processing, parents)
        return
      case 'join':
        for (const side of operator.sides) this.#processor(side.name, side.processing, [side.parent.name])
        this.#processor(
          name,
          operator.merge,
          operator.sides.map(side => side.name),
        )
        for (const { builder, processorNames } of operator.stores?.(this.defaults) ?? []) {
          this.topology.addStateStore(builder, ...processorNames)
        }
        return
      case 'repartition':
        this.#repartition(name, operator, parents, nullKeysAreWanted(node))
        return
      case 'grouped-table-repartition':
        this.#groupedTableRepartition(name, operator, parents)
        return
      case 'sink':
        this.#sink(name, operator, parents)
        return
    }
  }

  #source(name: string, topics: readonly string[], consumed: ConsumedOptions<unknown, unknown>): SourceNode {
    return {
      kind: 'source',
      name,
      topics,
      keySerde: this.defaults.keySerde(consumed.keySerde, `the source of ${topics.join(', ')}`, 'Consumed'),
      valueSerde: this.defaults.valueSerde(consumed.valueSerde, `the source of ${topics.join(', ')}`, 'Consumed'),
      timestampExtractor: consumed.timestampExtractor ?? failOnInvalidTimestamp,
      autoOffsetReset: consumed.autoOffsetReset,
    }
  }

  #processor(name: string, processing: Processing, parents: readonly string[]): void {
    const { storeNames = [] } = processing
    const { supplier, key, value, store } = processing.resolve(this.defaults)
    this.topology.add({ kind: 'processor', name, parents, supplier, key, value })
    if (storeNames.length > 0) this.topology.connectProcessorAndStateStores(name, ...storeNames)
    if (store !== undefined) this.topology.addStateStore(store, name)
  }

  #repartition(sourceName: string, operator: Repartition, parents: readonly string[], keepsNullKeys: boolean): void {
    const { topic, filterName, sinkName, partitioner, partitionCount } = operator
    const keySerde = this.defaults.keySerde(
      operator.keySerde,
      `the repartition topic ${topic}`,
      'Grouped, Joined, StreamJoined or Repartitioned',
    )
    const valueSerde = this.defaults.valueSerde(
      operator.valueSerde,
      `the repartition topic ${topic}`,
      'Grouped, Joined, StreamJoined or Repartitioned',
    )
    this.topology
      .addRepartitionTopic(topic, { partitionCount })
      .add({
        kind: 'processor',
        name: filterName,
        parents,
        supplier: keepsNullKeys ? passThrough() : nonNullKey(),
        key: ONLY_FORWARDED,
        value: ONLY_FORWARDED,
      })
      .add({ kind: 'sink', name: sinkName, parents: [filterName], topic, keySerde, valueSerde, partitioner })
      .add(this.#source(sourceName, [topic], { keySerde, valueSerde }))
  }

  #groupedTableRepartition(sourceName: string, operator: GroupedTableRepartition, parents: readonly string[]): void {
    const { topic, sinkName } = operator
    const keySerde = this.defaults.keySerde(operator.keySerde, `the repartition topic ${topic}`, 'Grouped')
    const valueSerde = new ChangeSerde(
      this.defaults.valueSerde(operator.valueSerde, `the repartition topic ${topic}`, 'Grouped'),
    )
    this.topology
      .addRepartitionTopic(topic, { partitionCount: undefined })
      .add({ kind: 'sink', name: sinkName, parents, topic, keySerde, valueSerde, partitioner: undefined })
      .add(this.#source(sourceName, [topic], { keySerde, valueSerde }))
  }

  #sink(name: string, operator: StreamSink, parents: readonly string[]): void {
    const { topic } = operator
    const place = typeof topic === 'string' ? `the sink to ${topic}` : `the sink ${name}`
    const keySerde = this.defaults.keySerde(operator.keySerde, place, 'Produced')
    const valueSerde = this.defaults.valueSerde(operator.valueSerde, place, 'Produced')
    const partitioner = operator.partitioner ?? (isWindowedSerde(keySerde) ? windowedPartitioner(keySerde) : undefined)
    this.topology.add({ kind: 'sink', name, parents, topic, keySerde, valueSerde, partitioner })
  }
}
