import type { Serde } from '@millrace/client'
import { TopologyError } from '../errors.ts'
import type { StoreType } from './materialized.ts'

export interface StreamsBuilderOptions {
  /** For operators that are given no serde and inherit none. */
  readonly defaultKeySerde?: Serde<unknown>
  readonly defaultValueSerde?: Serde<unknown>
  /** `persistent` when absent. */
  readonly defaultStoreType?: StoreType
  /**
   * Wall-clock time between two looks of a left or outer join of streams for records that have found no partner; 1 s when
   * absent. 0 looks with each record that advances stream time.
   */
  readonly outerJoinEmitIntervalMs?: number
}

const DEFAULT_OUTER_JOIN_EMIT_INTERVAL_MS = 1_000

/** What holds for operators of a builder that are told nothing else. */
export class BuilderDefaults {
  constructor(private readonly options: StreamsBuilderOptions) {}

  get storeType(): StoreType {
    return this.options.defaultStoreType ?? 'persistent'
  }

  get outerJoinEmitIntervalMs(): number {
    return this.options.outerJoinEmitIntervalMs ?? DEFAULT_OUTER_JOIN_EMIT_INTERVAL_MS
  }

  /**
   * @param place names the operator in the TopologyError that is thrown when there is no serde at all
   * @param option where the user could have given one
   */
  keySerde<K>(serde: Serde<K> | undefined, place: string, option: string): Serde<K> {
    return required(serde ?? (this.options.defaultKeySerde as Serde<K> | undefined), 'key', place, option)
  }

  valueSerde<V>(serde: Serde<V> | undefined, place: string, option: string): Serde<V> {
    return required(serde ?? (this.options.defaultValueSerde as Serde<V> | undefined), 'value', place, option)
  }
}

function required<T>(serde: Serde<T> | undefined, field: 'key' | 'value', place: string, option: string): Serde<T> {
  if (serde !== undefined) return serde
  throw new TopologyError(`${place} has no ${field} serde: give one with ${option}, or a default to the StreamsBuilder`)
}
