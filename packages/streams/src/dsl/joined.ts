import type { Serde } from '@millrace/client'
import { checkedName } from './names.ts'

export interface JoinedOptions<K, V> {
  /** Names the join, and the repartition topic where one is needed: `<application.id>-<name>-repartition`. */
  readonly name?: string
  readonly keySerde?: Serde<K>
  /** Of the stream. */
  readonly valueSerde?: Serde<V>
}

/** How a stream is repartitioned for a join with a table. Immutable: each `with…` returns another. */
export class Joined<K, V> {
  private constructor(readonly options: JoinedOptions<K, V>) {}

  static with<K, V>(keySerde: Serde<K>, valueSerde: Serde<V>): Joined<K, V> {
    return new Joined({ keySerde, valueSerde })
  }

  static as<K = never, V = never>(name: string): Joined<K, V> {
    return new Joined<K, V>({ name: checkedName(name) })
  }

  withName(name: string): Joined<K, V> {
    return new Joined({ ...this.options, name: checkedName(name) })
  }

  withKeySerde<K2>(keySerde: Serde<K2>): Joined<K2, V> {
    return new Joined({ ...this.options, keySerde })
  }

  withValueSerde<V2>(valueSerde: Serde<V2>): Joined<K, V2> {
    return new Joined({ ...this.options, valueSerde })
  }
}
