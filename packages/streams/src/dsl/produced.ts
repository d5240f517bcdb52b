import type { Serde } from '@millrace/client'
import type { StreamPartitioner } from '../topology/nodes.ts'
import { checkedName } from './names.ts'

export interface ProducedOptions<K, V> {
  readonly name?: string
  readonly keySerde?: Serde<K>
  readonly valueSerde?: Serde<V>
  readonly partitioner?: StreamPartitioner<K, V>
}

/** How a topic is written. Serdes left out are the stream's. Immutable: each `with…` returns another. */
export class Produced<K, V> {
  private constructor(readonly options: ProducedOptions<K, V>) {}

  static with<K, V>(keySerde: Serde<K>, valueSerde: Serde<V>): Produced<K, V> {
    return new Produced({ keySerde, valueSerde })
  }

  static as<K, V>(name: string): Produced<K, V> {
    return new Produced<K, V>({ name: checkedName(name) })
  }

  static keySerde<K, V>(keySerde: Serde<K>): Produced<K, V> {
    return new Produced<K, V>({ keySerde })
  }

  static valueSerde<K, V>(valueSerde: Serde<V>): Produced<K, V> {
    return new Produced<K, V>({ valueSerde })
  }

  static streamPartitioner<K, V>(partitioner: StreamPartitioner<K, V>): Produced<K, V> {
    return new Produced({ partitioner })
  }

  withName(name: string): Produced<K, V> {
    return new Produced({ ...this.options, name: checkedName(name) })
  }

  withKeySerde(keySerde: Serde<K>): Produced<K, V> {
    return new Produced({ ...this.options, keySerde })
  }

  withValueSerde(valueSerde: Serde<V>): Produced<K, V> {
    return new Produced({ ...this.options, valueSerde })
  }

  withStreamPartitioner(partitioner: StreamPartitioner<K, V>): Produced<K, V> {
    return new Produced({ ...this.options, partitioner })
  }
}
