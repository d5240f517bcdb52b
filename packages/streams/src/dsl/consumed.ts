import type { Serde } from '@millrace/client'
import type { AutoOffsetReset, TimestampExtractor } from '../topology/nodes.ts'
import { checkedName } from './names.ts'

export interface ConsumedOptions<K, V> {
  readonly name?: string
  readonly keySerde?: Serde<K>
  readonly valueSerde?: Serde<V>
  readonly timestampExtractor?: TimestampExtractor
  /** Where to start without a committed offset; the application's setting when absent. */
  readonly autoOffsetReset?: AutoOffsetReset
}

/** How a topic is read. Immutable: each `with…` returns another. */
export class Consumed<K, V> {
  private constructor(readonly options: ConsumedOptions<K, V>) {}

  static with<K, V>(keySerde: Serde<K>, valueSerde: Serde<V>): Consumed<K, V> {
    return new Consumed({ keySerde, valueSerde })
  }

  static as<K = unknown, V = unknown>(name: string): Consumed<K, V> {
    return new Consumed<K, V>({ name: checkedName(name) })
  }

  withName(name: string): Consumed<K, V> {
    return new Consumed({ ...this.options, name: checkedName(name) })
  }

  withKeySerde<K2>(keySerde: Serde<K2>): Consumed<K2, V> {
    return new Consumed({ ...this.options, keySerde })
  }

  withValueSerde<V2>(valueSerde: Serde<V2>): Consumed<K, V2> {
    return new Consumed({ ...this.options, valueSerde })
  }

  withTimestampExtractor(timestampExtractor: TimestampExtractor): Consumed<K, V> {
    return new Consumed({ ...this.options, timestampExtractor })
  }

  withOffsetResetPolicy(autoOffsetReset: AutoOffsetReset): Consumed<K, V> {
    return new Consumed({ ...this.options, autoOffsetReset })
  }
}
