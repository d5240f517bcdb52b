import type { Serde } from '@millrace/client'
import { TopologyError } from '../errors.ts'
import type { StreamPartitioner } from '../topology/nodes.ts'
import { checkedName } from './names.ts'

export interface RepartitionedOptions<K, V> {
  /** Names the topic: `<application.id>-<name>-repartition`. */
  readonly name?: string
  readonly keySerde?: Serde<K>
  readonly valueSerde?: Serde<V>
  /** Undefined takes the greatest count of the topics the stream comes from. */
  readonly numberOfPartitions?: number
  readonly partitioner?: StreamPartitioner<K, V>
}

/** How `repartition` makes its topic. Immutable: each `with…` returns another. */
export class Repartitioned<K, V> {
  private constructor(readonly options: RepartitionedOptions<K, V>) {}

  static with<K, V>(keySerde: Serde<K>, valueSerde: Serde<V>): Repartitioned<K, V> {
    return new Repartitioned({ keySerde, valueSerde })
  }

  static as<K, V>(name: string): Repartitioned<K, V> {
    return new Repartitioned<K, V>({ name: checkedName(name) })
  }

  static numberOfPartitions<K, V>(numberOfPartitions: number): Repartitioned<K, V> {
    return new Repartitioned<K, V>({ numberOfPartitions: checkedCount(numberOfPartitions) })
  }

  static streamPartitioner<K, V>(partitioner: StreamPartitioner<K, V>): Repartitioned<K, V> {
    return new Repartitioned({ partitioner })
  }

  withName(name: string): Repartitioned<K, V> {
    return new Repartitioned({ ...this.options, name: checkedName(name) })
  }

  withKeySerde(keySerde: Serde<K>): Repartitioned<K, V> {
    return new Repartitioned({ ...this.options, keySerde })
  }

  withValueSerde(valueSerde: Serde<V>): Repartitioned<K, V> {
    return new Repartitioned({ ...this.options, valueSerde })
  }

  withNumberOfPartitions(numberOfPartitions: number): Repartitioned<K, V> {
    return new Repartitioned({ ...this.options, numberOfPartitions: checkedCount(numberOfPartitions) })
  }

  withStreamPartitioner(partitioner: StreamPartitioner<K, V>): Repartitioned<K, V> {
    return new Repartitioned({ ...this.options, partitioner })
  }
}

function checkedCount(numberOfPartitions: number): number {
  if (Number.isInteger(numberOfPartitions) && numberOfPartitions > 0) return numberOfPartitions
  throw new TopologyError(`a repartition topic needs a positive number of partitions, not ${numberOfPartitions}`)
}
