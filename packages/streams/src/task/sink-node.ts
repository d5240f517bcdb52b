import { StreamsError } from '../errors.ts'
import { encodedKey, encodedValue, type Record } from '../processor/record.ts'
import type { SinkNode } from '../topology/nodes.ts'
import type { TaskNode, TaskScope } from './task-node.ts'

/** Encodes records, as far as they do not bring their bytes, and sends them to a topic. */
export class SinkTaskNode implements TaskNode {
  readonly name: string

  constructor(
    private readonly node: SinkNode,
    private readonly scope: TaskScope,
  ) {
    this.name = node.name
  }

  process(record: Record<unknown, unknown>): void {
    const { topic: target, keySerde, valueSerde } = this.node
    const topic =
      typeof target === 'string' ? target : target(record as Record<never, never>, this.scope.recordMetadata)
    const key = encodedKey(record, keySerde, topic)
    const value = encodedValue(record, valueSerde, topic)
    const { collector } = this.scope
    const partitions = this.#partitions(topic, record)
    if (partitions === undefined) collector.send(topic, null, key, value, record.timestampMs, record.headers)
    else if (partitions.length === 0) this.scope.drop('no partition chosen')
    else {
      for (const partition of partitions) {
        collector.send(topic, partition, key, value, record.timestampMs, record.headers)
      }
    }
  }

  #partitions(topic: string, record: Record<unknown, unknown>): readonly number[] | undefined {
    const { partitioner } = this.node
    if (partitioner === undefined) return undefined
    const partitionCount = this.scope.collector.partitionCount(topic)
    if (partitionCount === undefined) throw new StreamsError(`the number of partitions of topic ${topic} is not known`)
    return partitioner(topic, record.key as never, record.value as never, partitionCount)
  }
}
