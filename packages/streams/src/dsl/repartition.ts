import type { Serde } from '@millrace/client'
import type { StreamPartitioner } from '../topology/nodes.ts'
import { LogicalNode, type Repartition } from './logical-graph.ts'
import type { NameCounter } from './names.ts'

const SUFFIX = '-repartition'
/** Names the library made; a repartition under such a name keeps generated node names. */
const GENERATED_NAME = /^KSTREAM.*-[0-9]{10}$/

export interface RepartitionOptions<K, V> {
  /** The name of the topic, with or without `-repartition`. */
  readonly name: string
  readonly keySerde: Serde<K> | undefined
  readonly valueSerde: Serde<V> | undefined
  readonly partitioner?: StreamPartitioner<K, V> | undefined
  readonly partitionCount?: number | undefined
}

/** Takes three numbers whether or not the nodes are named after the topic, as Kafka Streams does. */
export function repartitionNode<K, V>(names: NameCounter, options: RepartitionOptions<K, V>): LogicalNode {
  const { name, keySerde, valueSerde, partitioner, partitionCount } = options
  const topic = name.endsWith(SUFFIX) ? name : name + SUFFIX
  const generated = {
    sinkName: names.processor('KSTREAM-SINK-'),
    filterName: names.processor('KSTREAM-FILTER-'),
    sourceName: names.processor('KSTREAM-SOURCE-'),
  }
  const named = { sinkName: `${topic}-sink`, filterName: `${topic}-filter`, sourceName: `${topic}-source` }
  const { sinkName, filterName, sourceName } = GENERATED_NAME.test(name) ? generated : named
  const operator: Repartition = {
    kind: 'repartition',
    topic,
    filterName,
    sinkName,
    keySerde,
    valueSerde,
    partitioner,
    partitionCount,
  }
  return new LogicalNode(sourceName, operator)
}
