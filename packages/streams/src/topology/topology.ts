import { type Serde, Serdes } from '@millrace/client'
import { TopologyError } from '../errors.ts'
import type { ProcessorSupplier } from '../processor/processor.ts'
import type { StoreBuilder } from '../state/store-builder.ts'
import { describe, type TopologyDescription } from './describe.ts'
import { READ_AND_FORWARDED } from './field-use.ts'
import type { RepartitionSettings, TopologyGraph } from './graph.ts'
import type {
  AutoOffsetReset,
  SourceNode,
  StreamPartitioner,
  TimestampExtractor,
  TopicNameExtractor,
  TopologyNode,
} from './nodes.ts'
import { failOnInvalidTimestamp } from './timestamp-extractors.ts'

export interface SourceOptions<K, V> {
  /** Bytes as they are when absent. */
  readonly keySerde?: Serde<K>
  readonly valueSerde?: Serde<V>
  /** {@link failOnInvalidTimestamp} when absent. */
  readonly timestampExtractor?: TimestampExtractor
  readonly autoOffsetReset?: AutoOffsetReset
}

export interface SinkOptions<K, V> {
  /** Bytes as they are when absent. */
  readonly keySerde?: Serde<K>
  readonly valueSerde?: Serde<V>
  readonly partitioner?: StreamPartitioner<K, V>
}

/**
 * A graph of sources, processors, sinks and stores, put together by name. Every method throws a TopologyError for a name
 * that is taken or missing, and changes nothing then.
 */
export class Topology {
  readonly #nodes = new Map<string, TopologyNode>()
  readonly #sourceOfTopic = new Map<string, string>()
  readonly #stores = new Map<string, StoreBuilder>()
  readonly #storeNamesByProcessor = new Map<string, Set<string>>()
  readonly #repartitionTopics = new Map<string, RepartitionSettings>()
  readonly #copartitionGroups: string[][] = []

  /** What has been added so far. */
  get graph(): TopologyGraph {
    return {
      nodes: this.#nodes,
      stores: this.#stores,
      storeNamesByProcessor: this.#storeNamesByProcessor,
      repartitionTopics: this.#repartitionTopics,
      copartitionGroups: this.#copartitionGroups,
    }
  }

  addSource<K, V>(name: string, topics: string | readonly string[], options: SourceOptions<K, V> = {}): this {
    return this.add({
      kind: 'source',
      name,
      topics: typeof topics === 'string' ? [topics] : topics,
      keySerde: options.keySerde ?? Serdes.bytes(),
      valueSerde: options.valueSerde ?? Serdes.bytes(),
      timestampExtractor: options.timestampExtractor ?? failOnInvalidTimestamp,
      autoOffsetReset: options.autoOffsetReset,
    })
  }

  /** Adds the supplier's stores as well, and connects them. */
  addProcessor<KIn, VIn, KOut, VOut>(
    name: string,
    supplier: ProcessorSupplier<KIn, VIn, KOut, VOut>,
    ...parentNames: string[]
  ): this {
    return this.add({
      kind: 'processor',
      name,
      parents: parentNames,
      supplier,
      key: READ_AND_FORWARDED,
      value: READ_AND_FORWARDED,
    })
  }

  addSink<K, V>(
    name: string,
    topic: string | TopicNameExtractor<K, V>,
    options: SinkOptions<K, V>,
    ...parentNames: string[]
  ): this {
    const { keySerde = Serdes.bytes(), valueSerde = Serdes.bytes(), partitioner } = options
    return this.add({ kind: 'sink', name, parents: parentNames, topic, keySerde, valueSerde, partitioner })
  }

  /** The store belongs to the sub-topology of the processors, which it ties together when there are several. */
  addStateStore(builder: StoreBuilder, ...processorNames: string[]): this {
    const known = this.#stores.get(builder.name)
    if (known !== undefined && known !== builder) throw new TopologyError(`store ${builder.name} is already added`)
    for (const processorName of processorNames) this.#checkProcessor(processorName)
    this.#stores.set(builder.name, builder)
    for (const processorName of processorNames) this.connectProcessorAndStateStores(processorName, builder.name)
    return this
  }

  connectProcessorAndStateStores(processorName: string, ...storeNames: string[]): this {
    this.#checkProcessor(processorName)
    for (const storeName of storeNames) {
      if (!this.#stores.has(storeName)) throw new TopologyError(`store ${storeName} is not added yet`)
    }
    const connected = this.#storeNamesByProcessor.get(processorName) ?? new Set()
    for (const storeName of storeNames) connected.add(storeName)
    this.#storeNamesByProcessor.set(processorName, connected)
    return this
  }

  /** Adds a node in its plain form. */
  add(node: TopologyNode): this {
    if (node.name === '') throw new TopologyError('a node needs a name')
    if (this.#nodes.has(node.name)) throw new TopologyError(`node ${node.name} is already added`)
    if (node.kind === 'source') this.#checkSource(node)
    else this.#checkParents(node)
    if (node.kind === 'source') for (const topic of node.topics) this.#sourceOfTopic.set(topic, node.name)
    this.#nodes.set(node.name, node)
    if (node.kind === 'processor') for (const store of node.supplier.stores ?? []) this.addStateStore(store, node.name)
    return this
  }

  /** `topic`, which a sink writes and a source reads, is made by the application and carries its prefix. */
  addRepartitionTopic(topic: string, settings: RepartitionSettings): this {
    this.#repartitionTopics.set(topic, settings)
    return this
  }

  /** The topics of these sources must have equally many partitions. */
  copartition(sourceNames: readonly string[]): this {
    for (const name of sourceNames) {
      if (this.#nodes.get(name)?.kind !== 'source') throw new TopologyError(`there is no source ${name} to copartition`)
    }
    this.#copartitionGroups.push([...sourceNames])
    return this
  }

  /** Sub-topologies, nodes, stores and topics; as a string it is Kafka Streams' text. */
  describe(): TopologyDescription {
    return describe(this.graph)
  }

  #checkSource(source: SourceNode): void {
    if (source.topics.length === 0) throw new TopologyError(`source ${source.name} needs a topic`)
    for (const topic of source.topics) {
      const other = this.#sourceOfTopic.get(topic)
      if (other !== undefined) throw new TopologyError(`topic ${topic} is already read by source ${other}`)
    }
    if (new Set(source.topics).size < source.topics.length) {
      throw new TopologyError(`source ${source.name} names a topic twice`)
    }
  }

  #checkParents(node: { readonly name: string; readonly parents: readonly string[] }): void {
    if (node.parents.length === 0) throw new TopologyError(`node ${node.name} needs a parent`)
    for (const parent of node.parents) {
      const kind = this.#nodes.get(parent)?.kind
      if (kind === undefined) throw new TopologyError(`parent ${parent} of node ${node.name} is not added yet`)
      if (kind === 'sink') throw new TopologyError(`sink ${parent} cannot be the parent of node ${node.name}`)
    }
  }

  #checkProcessor(name: string): void {
    const kind = this.#nodes.get(name)?.kind
    if (kind === undefined) throw new TopologyError(`processor ${name} is not added yet`)
    if (kind !== 'processor') throw new TopologyError(`a ${kind} cannot use stores: ${name}`)
  }
}
