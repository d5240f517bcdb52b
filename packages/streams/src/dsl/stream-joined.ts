import type { Serde } from '@millrace/client'
import type { ChangelogConfig } from '../state/store-builder.ts'
import type { StoreType } from './materialized.ts'
import { checkedName } from './names.ts'

export interface StreamJoinedOptions<K, V, VO> {
  /** Names the nodes, and the repartition topics where they are needed: `<name>-left-repartition`, `-right-`. */
  readonly name?: string
  /** Names the stores, and so their changelogs. */
  readonly storeName?: string
  readonly keySerde?: Serde<K>
  readonly valueSerde?: Serde<V>
  readonly otherValueSerde?: Serde<VO>
  readonly storeType?: StoreType
  /** Null leaves the stores without changelogs. */
  readonly changelogConfig?: ChangelogConfig | null
}

/** How two streams are repartitioned and kept for a join. Immutable: each `with…` returns another. */
export class StreamJoined<K, V, VO> {
  private constructor(readonly options: StreamJoinedOptions<K, V, VO>) {}

  static with<K, V, VO>(keySerde: Serde<K>, valueSerde: Serde<V>, otherValueSerde: Serde<VO>): StreamJoined<K, V, VO> {
    return new StreamJoined({ keySerde, valueSerde, otherValueSerde })
  }

  /** Names the stores, not the nodes. */
  static as<K = never, V = never, VO = never>(storeName: string): StreamJoined<K, V, VO> {
    return new StreamJoined<K, V, VO>({ storeName: checkedName(storeName) })
  }

  withName(name: string): StreamJoined<K, V, VO> {
    return new StreamJoined({ ...this.options, name: checkedName(name) })
  }

  withStoreName(storeName: string): StreamJoined<K, V, VO> {
    return new StreamJoined({ ...this.options, storeName: checkedName(storeName) })
  }

  withKeySerde<K2>(keySerde: Serde<K2>): StreamJoined<K2, V, VO> {
    return new StreamJoined({ ...this.options, keySerde })
  }

  withValueSerde<V2>(valueSerde: Serde<V2>): StreamJoined<K, V2, VO> {
    return new StreamJoined({ ...this.options, valueSerde })
  }

  withOtherValueSerde<VO2>(otherValueSerde: Serde<VO2>): StreamJoined<K, V, VO2> {
    return new StreamJoined({ ...this.options, otherValueSerde })
  }

  withStoreType(storeType: StoreType): StreamJoined<K, V, VO> {
    return new StreamJoined({ ...this.options, storeType })
  }

  /** `config` holds Kafka's topic properties for the changelogs. */
  withLoggingEnabled(config: ChangelogConfig = {}): StreamJoined<K, V, VO> {
    return new StreamJoined({ ...this.options, changelogConfig: config })
  }

  withLoggingDisabled(): StreamJoined<K, V, VO> {
    return new StreamJoined({ ...this.options, changelogConfig: null })
  }
}
