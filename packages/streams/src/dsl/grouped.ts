import type { Serde } from '@millrace/client'
import { checkedName } from './names.ts'

export interface GroupedOptions<K, V> {
  /** Names the repartition topic, where one is needed: `<application.id>-<name>-repartition`. */
  readonly name?: string
  readonly keySerde?: Serde<K>
  readonly valueSerde?: Serde<V>
}

/** How grouped records are repartitioned and stored. Immutable: each `with…` returns another. */
export class Grouped<K, V> {
  private constructor(readonly options: GroupedOptions<K, V>) {}

  static with<K, V>(keySerde: Serde<K>, valueSerde: Serde<V>): Grouped<K, V> {
    return new Grouped({ keySerde, valueSerde })
  }

  static as<K = never, V = never>(name: string): Grouped<K, V> {
    return new Grouped<K, V>({ name: checkedName(name) })
  }

  static keySerde<K, V = never>(keySerde: Serde<K>): Grouped<K, V> {
    return new Grouped<K, V>({ keySerde })
  }

  static valueSerde<V, K = never>(valueSerde: Serde<V>): Grouped<K, V> {
    return new Grouped<K, V>({ valueSerde })
  }

  withName(name: string): Grouped<K, V> {
    return new Grouped({ ...this.options, name: checkedName(name) })
  }

  withKeySerde<K2>(keySerde: Serde<K2>): Grouped<K2, V> {
    return new Grouped({ ...this.options, keySerde })
  }

  withValueSerde<V2>(valueSerde: Serde<V2>): Grouped<K, V2> {
    return new Grouped({ ...this.options, valueSerde })
  }
}
