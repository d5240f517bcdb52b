/**
 * The operators of streams and tables: what a StreamsBuilder hands out. Names and semantics are Kafka Streams'. A stream
 * becomes a table and a table a stream, so their types stand in one file; each has its own file for what it does.
 *
 * Keys and values may be null at run time, as records of Kafka may: a predicate or mapper of a stream is given them as
 * they are. Keys and values are shared between operators and must not be changed in place.
 */
import type { FixedKeyProcessorSupplier, ProcessorSupplier } from '../processor/processor.ts'
import type { Aggregator, Initializer } from '../processors/aggregate.ts'
import type { KeyValue } from '../processors/map.ts'
import type { ValueMapper } from '../processors/map-values.ts'
import type { Reducer } from '../processors/reduce.ts'
import type { ValueJoiner } from '../processors/value-joiner.ts'
import type { TopicNameExtractor } from '../topology/nodes.ts'
import type { JoinWindows } from '../windows/join-windows.ts'
import type { TimeWindows } from '../windows/time-windows.ts'
import type { Windowed } from '../windows/windowed.ts'
import type { Grouped } from './grouped.ts'
import type { Joined } from './joined.ts'
import type { Materialized } from './materialized.ts'
import type { Named } from './named.ts'
import type { Produced } from './produced.ts'
import type { Repartitioned } from './repartitioned.ts'
import type { StreamJoined } from './stream-joined.ts'

export type Predicate<K, V> = (key: K, value: V) => boolean

/** A sequence of records, each a fact of its own. */
export interface KStream<K, V> {
  filter(predicate: Predicate<K, V>, named?: Named): KStream<K, V>
  filterNot(predicate: Predicate<K, V>, named?: Named): KStream<K, V>
  /** Operators after this one that need equal keys together repartition first. */
  map<KR, VR>(mapper: (key: K, value: V) => KeyValue<KR, VR>, named?: Named): KStream<KR, VR>
  /** As {@link KStream.map}, with any number of results. */
  flatMap<KR, VR>(mapper: (key: K, value: V) => Iterable<KeyValue<KR, VR>>, named?: Named): KStream<KR, VR>
  mapValues<VR>(mapper: ValueMapper<K, V, VR>, named?: Named): KStream<K, VR>
  flatMapValues<VR>(mapper: ValueMapper<K, V, Iterable<VR>>, named?: Named): KStream<K, VR>
  /** As {@link KStream.map} for the key alone. */
  selectKey<KR>(selector: (key: K, value: V) => KR, named?: Named): KStream<KR, V>
  peek(action: (key: K, value: V) => void, named?: Named): KStream<K, V>
  foreach(action: (key: K, value: V) => void, named?: Named): void
  /** Sends each record to the first branch whose predicate holds. */
  split(named?: Named): BranchedKStream<K, V>
  /** Records of both streams, in no promised order between them. */
  merge(other: KStream<K, V>, named?: Named): KStream<K, V>
  /** Writes the stream to an internal topic and reads it back; records with a null key are left out. */
  repartition(repartitioned?: Repartitioned<K, V>): KStream<K, V>
  /** `storeNames` were added to the builder. The processor may change keys. */
  process<KR = K, VR = V>(supplier: ProcessorSupplier<K, V, KR, VR>, options?: ProcessOptions): KStream<KR, VR>
  /** As {@link KStream.process} for a processor that keeps keys. */
  processValues<VR = V>(supplier: FixedKeyProcessorSupplier<K, V, VR>, options?: ProcessOptions): KStream<K, VR>
  to(topic: string | TopicNameExtractor<K, V>, produced?: Produced<NonNullable<K>, NonNullable<V>>): void
  /** The latest value of each key. */
  toTable(materialized?: Materialized<K, V>, named?: Named): KTable<K, V>
  /**
   * Joins each record with the row of its key at that moment; a key without a row has no result. The topics of both must
   * have equally many partitions. Records with a null key or value are dropped.
   */
  join<VO, VR>(
    table: KTable<NonNullable<K>, VO>,
    joiner: ValueJoiner<K, V, VO, VR>,
    joined?: Joined<K, V>,
  ): KStream<K, VR>
  /**
   * Joins each record with those of the other stream that have the same key and a timestamp within the windows. The topics
   * of both must have equally many partitions. Records with a null key or value are dropped.
   */
  join<VO, VR>(
    other: KStream<K, VO>,
    joiner: ValueJoiner<K, V, VO, VR>,
    windows: JoinWindows,
    streamJoined?: StreamJoined<K, V, VO>,
  ): KStream<K, VR>
  /** As {@link KStream.join}, with null where there is no row or the record has no key. */
  leftJoin<VO, VR>(
    table: KTable<NonNullable<K>, VO>,
    joiner: ValueJoiner<K, V, VO | null, VR>,
    joined?: Joined<K, V>,
  ): KStream<K, VR>
  /** As the inner join; a record that has found no partner by the time its window and grace close is joined with null. */
  leftJoin<VO, VR>(
    other: KStream<K, VO>,
    joiner: ValueJoiner<K, V, VO | null, VR>,
    windows: JoinWindows,
    streamJoined?: StreamJoined<K, V, VO>,
  ): KStream<K, VR>
  /** As the left join, in both directions. */
  outerJoin<VO, VR>(
    other: KStream<K, VO>,
    joiner: ValueJoiner<K, V | null, VO | null, VR>,
    windows: JoinWindows,
    streamJoined?: StreamJoined<K, V, VO>,
  ): KStream<K, VR>
  groupByKey(grouped?: Grouped<K, V>): KGroupedStream<K, V>
  groupBy<KR>(selector: (key: K, value: V) => KR, grouped?: Grouped<KR, V>): KGroupedStream<KR, V>
}

export interface ProcessOptions {
  readonly named?: Named
  readonly storeNames?: readonly string[]
}

export interface BranchedKStream<K, V> {
  branch(predicate: Predicate<K, V>, branched?: BranchOptions<K, V>): BranchedKStream<K, V>
  /** Takes the records of no branch. Returns the branches by name: the split's name and the branch's name or number. */
  defaultBranch(branched?: BranchOptions<K, V>): ReadonlyMap<string, KStream<K, V>>
  /** Records of no branch go nowhere. */
  noDefaultBranch(): ReadonlyMap<string, KStream<K, V>>
}

/** See `Branched`. */
export interface BranchOptions<K, V> {
  readonly name: string | undefined
  /** What the branch stands for in the result of `split`; it is absent there when this returns nothing. */
  readonly chain: ((branch: KStream<K, V>) => KStream<K, V> | undefined) | undefined
}

/** A stream whose records are grouped by key, for an aggregation. */
export interface KGroupedStream<K, V> {
  count(materialized?: Materialized<K, number>, named?: Named): KTable<K, number>
  reduce(reducer: Reducer<V>, materialized?: Materialized<K, V>, named?: Named): KTable<K, V>
  /** Without a value serde the aggregate is stored as JSON. */
  aggregate<VR>(
    initializer: Initializer<VR>,
    aggregator: Aggregator<K, V, VR>,
    materialized?: Materialized<K, VR>,
    named?: Named,
  ): KTable<K, VR>
  windowedBy(windows: TimeWindows): TimeWindowedKStream<K, V>
}

/** As {@link KGroupedStream}, for each window of its own. Unlike there, records with a null value are folded too. */
export interface TimeWindowedKStream<K, V> {
  count(materialized?: Materialized<K, number>, named?: Named): KTable<Windowed<K>, number>
  reduce(reducer: Reducer<V>, materialized?: Materialized<K, V>, named?: Named): KTable<Windowed<K>, V>
  /** Without a value serde the aggregate is stored as JSON. */
  aggregate<VR>(
    initializer: Initializer<VR>,
    aggregator: Aggregator<K, V, VR>,
    materialized?: Materialized<K, VR>,
    named?: Named,
  ): KTable<Windowed<K>, VR>
}

/** The latest value of each key, and how it changes. Null values are absent rows and reach no predicate or mapper. */
export interface KTable<K, V> {
  /** The name of the store that can be queried; undefined for a table that has none of that kind. */
  readonly queryableStoreName: string | undefined
  /** Rows that fail become absent. Only a `materialized` with a name gives the result a store of its own. */
  filter(predicate: Predicate<K, V>, materialized?: Materialized<K, V>, named?: Named): KTable<K, V>
  filterNot(predicate: Predicate<K, V>, materialized?: Materialized<K, V>, named?: Named): KTable<K, V>
  mapValues<VR>(mapper: ValueMapper<K, V, VR>, materialized?: Materialized<K, VR>, named?: Named): KTable<K, VR>
  /**
   * The rows whose key is in both tables, kept up to date as either changes. The topics of both must have equally many
   * partitions. Only with a `materialized` has the result a store of its own.
   */
  join<VO, VR>(
    other: KTable<K, VO>,
    joiner: ValueJoiner<K, V, VO, VR>,
    materialized?: Materialized<K, VR>,
    named?: Named,
  ): KTable<K, VR>
  /** As {@link KTable.join}, with null for a row that the other table does not have. */
  leftJoin<VO, VR>(
    other: KTable<K, VO>,
    joiner: ValueJoiner<K, V, VO | null, VR>,
    materialized?: Materialized<K, VR>,
    named?: Named,
  ): KTable<K, VR>
  /** As {@link KTable.leftJoin}, in both directions. */
  outerJoin<VO, VR>(
    other: KTable<K, VO>,
    joiner: ValueJoiner<K, V | null, VO | null, VR>,
    materialized?: Materialized<K, VR>,
    named?: Named,
  ): KTable<K, VR>
  /** The changes as records, null for a removed row. */
  toStream(named?: Named): KStream<K, V>
  /** Rows may move to another group as they change; the table keeps a store to know where they were. */
  groupBy<KR, VR>(selector: (key: K, value: V) => KeyValue<KR, VR>, grouped?: Grouped<KR, VR>): KGroupedTable<KR, VR>
}

/** A table whose rows are grouped by another key, for an aggregation that rows enter and leave. */
export interface KGroupedTable<K, V> {
  /** A group that loses all its rows stays with the count 0. */
  count(materialized?: Materialized<K, number>, named?: Named): KTable<K, number>
  reduce(adder: Reducer<V>, subtractor: Reducer<V>, materialized?: Materialized<K, V>, named?: Named): KTable<K, V>
  /** Without a value serde the aggregate is stored as JSON. */
  aggregate<VR>(
    initializer: Initializer<VR>,
    adder: Aggregator<K, V, VR>,
    subtractor: Aggregator<K, V, VR>,
    materialized?: Materialized<K, VR>,
    named?: Named,
  ): KTable<K, VR>
}
