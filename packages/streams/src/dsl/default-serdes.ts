import type { Serde } from '@millrace/client'
import { TopologyError } from '../errors.ts'

/** The serdes of a builder, for operators that were given none and can inherit none. */
export class DefaultSerdes {
  constructor(
    private readonly defaultKeySerde: Serde<unknown> | undefined,
    private readonly defaultValueSerde: Serde<unknown> | undefined,
  ) {}

  /**
   * @param place names the operator in the TopologyError that is thrown when there is no serde at all
   * @param option where the user could have given one
   */
  key<K>(serde: Serde<K> | undefined, place: string, option: string): Serde<K> {
    return required(serde ?? (this.defaultKeySerde as Serde<K> | undefined), 'key', place, option)
  }

  value<V>(serde: Serde<V> | undefined, place: string, option: string): Serde<V> {
    return required(serde ?? (this.defaultValueSerde as Serde<V> | undefined), 'value', place, option)
  }
}

function required<T>(serde: Serde<T> | undefined, field: 'key' | 'value', place: string, option: string): Serde<T> {
  if (serde !== undefined) return serde
  throw new TopologyError(`${place} has no ${field} serde: give one with ${option}, or a default to the StreamsBuilder`)
}
