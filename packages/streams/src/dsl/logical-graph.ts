/**
 * What a StreamsBuilder collects: operators and how records flow between them, before sub-topologies exist. Plain nodes;
 * `physical-plan.ts` turns them into a topology once all are known, because some are decided late (whether a table needs
 * a store, whether anyone wants old values).
 */
import type { Serde } from '@millrace/client'
import type { ProcessorSupplier } from '../processor/processor.ts'
import type { StoreBuilder } from '../state/store-builder.ts'
import type { FieldUse } from '../topology/field-use.ts'
import type { StreamPartitioner, TopicNameExtractor } from '../topology/nodes.ts'
import type { BuilderDefaults } from './builder-defaults.ts'
import type { ConsumedOptions } from './consumed.ts'
import { NameCounter } from './names.ts'

export type Operator =
  | RootOperator
  | StreamSource
  | TableSource
  | ProcessingOperator
  | Join
  | Repartition
  | GroupedTableRepartition
  | StreamSink
  | StoreAddition

interface RootOperator {
  readonly kind: 'root'
}

export interface StreamSource {
  readonly kind: 'stream-source'
  readonly topics: readonly string[]
  readonly consumed: ConsumedOptions<unknown, unknown>
}

/** A source with the processor that makes a table of it. The node has the processor's name. */
export interface TableSource {
  readonly kind: 'table-source'
  readonly sourceName: string
  readonly topic: string
  readonly consumed: ConsumedOptions<unknown, unknown>
  readonly processing: Processing
}

export interface ProcessingOperator {
  readonly kind: 'processor'
  readonly processing: Processing
}

/** For each input a processor of its records, and one that brings together what these forward. The node has its name. */
export interface Join {
  readonly kind: 'join'
  readonly sides: readonly JoinReaction[]
  readonly merge: Processing
  /** Asked when the topology is built. */
  stores?(defaults: BuilderDefaults): readonly SharedStore[]
}

export interface JoinReaction {
  readonly name: string
  readonly parent: LogicalNode
  readonly processing: Processing
}

export interface SharedStore {
  readonly builder: StoreBuilder
  readonly processorNames: readonly string[]
}

export interface Processing {
  /** Asked when the topology is built: by then every operator downstream has said what it needs. */
  resolve(defaults: BuilderDefaults): ResolvedProcessing
  /** Stores that are added by others. */
  readonly storeNames?: readonly string[]
}

export interface ResolvedProcessing {
  readonly supplier: ProcessorSupplier<unknown, unknown, unknown, unknown>
  readonly key: FieldUse
  readonly value: FieldUse
  /** The operator's own store, if it has one. */
  readonly store?: StoreBuilder | undefined
}

/** Null-key filter, sink, internal topic and source. The node has the source's name. */
export interface Repartition {
  readonly kind: 'repartition'
  readonly topic: string
  readonly filterName: string
  readonly sinkName: string
  readonly keySerde: Serde<unknown> | undefined
  readonly valueSerde: Serde<unknown> | undefined
  readonly partitioner: StreamPartitioner<never, never> | undefined
  readonly partitionCount: number | undefined
}

/** Sink, internal topic and source for the changes of a table. The node has the source's name. */
export interface GroupedTableRepartition {
  readonly kind: 'grouped-table-repartition'
  readonly topic: string
  readonly sinkName: string
  readonly keySerde: Serde<unknown> | undefined
  readonly valueSerde: Serde<unknown> | undefined
}

export interface StreamSink {
  readonly kind: 'sink'
  readonly topic: string | TopicNameExtractor<never, never>
  readonly keySerde: Serde<unknown> | undefined
  readonly valueSerde: Serde<unknown> | undefined
  readonly partitioner: StreamPartitioner<never, never> | undefined
}

export interface StoreAddition {
  readonly kind: 'store'
  readonly builder: StoreBuilder
}

/** What later passes over the graph ask about an operator. */
export interface OperatorTraits {
  /** Records may leave with another key. */
  readonly changesKey?: boolean
  readonly changesValue?: boolean
  readonly merges?: boolean
  /** Needs equal keys of its parents, and of the table it looks into, in partitions of the same number. */
  readonly copartitions?: boolean
  /** A table whose rows it reads without being given its changes. */
  readonly looksInto?: LogicalNode
  /** Makes results of records without a key, so that a repartition before it lets them through. */
  readonly takesNullKeys?: boolean
}

export class LogicalNode {
  readonly parents = new Set<LogicalNode>()
  readonly children = new Set<LogicalNode>()
  /** Nodes are written to the topology in this order, parents first. */
  buildPriority = 0

  constructor(
    readonly name: string,
    readonly operator: Operator,
    readonly traits: OperatorTraits = {},
  ) {}
}

export class LogicalGraph {
  readonly root = new LogicalNode('root', { kind: 'root' })
  readonly names = new NameCounter()
  #nextPriority = 0

  add(parents: LogicalNode | readonly LogicalNode[], node: LogicalNode): LogicalNode {
    for (const parent of parents instanceof LogicalNode ? [parents] : parents) {
      parent.children.add(node)
      node.parents.add(parent)
      node.buildPriority = this.#nextPriority++
    }
    return node
  }

  remove(node: LogicalNode): void {
    for (const parent of node.parents) parent.children.delete(node)
    node.parents.clear()
  }
}
