import { givenStoreName } from './materialization.ts'
import type { Materialized } from './materialized.ts'
import type { NameCounter } from './names.ts'

/** Aggregations of a stream, windowed or not, share these. */
export const AGGREGATE_PREFIX = 'KSTREAM-AGGREGATE-'
export const REDUCE_PREFIX = 'KSTREAM-REDUCE-'

/** A `count` with options but without a store name takes one number more, as in Kafka Streams. */
export function takeUnusedStoreNumber<K>(names: NameCounter, materialized: Materialized<K, number> | undefined): void {
  if (materialized !== undefined && givenStoreName(materialized.options) === undefined) names.store(AGGREGATE_PREFIX)
}
