/** The physical topology as plain data: what is connected to what, and nothing that runs. */
import type { Serde } from '@millrace/client'
import type { RecordMetadata } from '../processor/context.ts'
import type { ProcessorSupplier } from '../processor/processor.ts'
import type { Record, RecordHeaders } from '../processor/record.ts'
import type { FieldUse } from './field-use.ts'

export type TopologyNode = SourceNode | ProcessorNode | SinkNode

export interface SourceNode {
  readonly kind: 'source'
  readonly name: string
  /** Topic names without the application's prefix, in the order they were given. */
  readonly topics: readonly string[]
  readonly keySerde: Serde<unknown>
  readonly valueSerde: Serde<unknown>
  readonly timestampExtractor: TimestampExtractor
  /** Undefined takes the application's setting. */
  readonly autoOffsetReset: AutoOffsetReset | undefined
}

export interface ProcessorNode {
  readonly kind: 'processor'
  readonly name: string
  /** Names of sources and processors, in the order they were given. */
  readonly parents: readonly string[]
  readonly supplier: ProcessorSupplier<unknown, unknown, unknown, unknown>
  readonly key: FieldUse
  readonly value: FieldUse
}

export interface SinkNode {
  readonly kind: 'sink'
  readonly name: string
  readonly parents: readonly string[]
  /** A topic name without the application's prefix, or one per record. */
  readonly topic: string | TopicNameExtractor<never, never>
  readonly keySerde: Serde<unknown>
  readonly valueSerde: Serde<unknown>
  /** Undefined leaves the choice to Kafka's default. */
  readonly partitioner: StreamPartitioner<never, never> | undefined
}

export type AutoOffsetReset = 'earliest' | 'latest'

/** The record as it was read and decoded, before it has a timestamp of its own. */
export interface ExtractableRecord {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  /** The timestamp in the log. */
  readonly timestampMs: number
  readonly key: unknown
  readonly value: unknown
  readonly headers: RecordHeaders
}

/**
 * Event time of a record. `partitionTimeMs` is the greatest one of its partition so far, −1 before the first.
 * A negative result drops the record; throwing ends the task.
 */
export type TimestampExtractor = (record: ExtractableRecord, partitionTimeMs: number) => number

/** The topic a record goes to. It must exist. `source` is undefined for a record that a punctuator made. */
export type TopicNameExtractor<K, V> = (record: Record<K, V>, source: RecordMetadata | undefined) => string

/**
 * Chooses partitions of `topic` for a record. Undefined leaves the choice to Kafka's default; an empty list drops the
 * record (counted in `dropped-records`); more than one sends it to each.
 */
export type StreamPartitioner<K, V> = (
  topic: string,
  key: K,
  value: V,
  partitionCount: number,
) => readonly number[] | undefined
