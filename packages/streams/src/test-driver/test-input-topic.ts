import type { Serde } from '@millrace/client'
import { StreamsError } from '../errors.ts'
import { NO_HEADERS } from '../processor/record.ts'
import type { TestRecord } from './test-record.ts'

/** A record to pipe. The timestamp is the topic's own time when absent. */
export type PipedRecord<K, V> = Pick<TestRecord<K, V>, 'value'> & Partial<TestRecord<K | null, V>>

export interface TestInputTopicOptions {
  /** The topic's own time, for records that are piped without a timestamp; the driver's clock when absent. */
  readonly startTimestampMs?: number
  /** How far the topic's own time moves with each record that took it. 0 when absent. */
  readonly autoAdvanceMs?: number
}

export type EncodedRecord = TestRecord<Uint8Array | null, Uint8Array | null>

/** Feeds a topic of the topology. Everything that follows from a record has happened when piping it returns. */
export class TestInputTopic<K, V> {
  #timestampMs: number
  readonly #autoAdvanceMs: number

  constructor(
    private readonly topic: string,
    private readonly keySerde: Serde<K>,
    private readonly valueSerde: Serde<V>,
    private readonly pipe: (topic: string, records: readonly EncodedRecord[]) => void,
    { startTimestampMs = 0, autoAdvanceMs = 0 }: TestInputTopicOptions,
  ) {
    this.#timestampMs = startTimestampMs
    this.#autoAdvanceMs = autoAdvanceMs
  }

  /** A null value is a tombstone. */
  pipeInput(key: K | null, value: V | null, timestampMs?: number): void {
    this.pipe(this.topic, [this.#encode({ key, value, timestampMs })])
  }

  pipeValue(value: V | null, timestampMs?: number): void {
    this.pipeInput(null, value, timestampMs)
  }

  pipeRecord(record: PipedRecord<K, V | null>): void {
    this.pipe(this.topic, [this.#encode(record)])
  }

  /** As {@link pipeRecord} for each, with less work in between. */
  pipeRecords(records: Iterable<PipedRecord<K, V | null>>): void {
    this.pipe(
      this.topic,
      Array.from(records, record => this.#encode(record)),
    )
  }

  /** Moves the topic's own time. */
  advanceTime(durationMs: number): void {
    if (!(durationMs >= 0)) throw new StreamsError(`time moves forward only, not by ${durationMs} ms`)
    this.#timestampMs += durationMs
  }

  #encode({ key = null, value, timestampMs, headers = NO_HEADERS }: EncodableRecord<K, V>): EncodedRecord {
    const recordMs = timestampMs ?? this.#takeTimestamp()
    if (!(recordMs >= 0)) throw new StreamsError(`a record needs a timestamp of at least 0 ms, not ${recordMs}`)
    return {
      key: key === null ? null : this.keySerde.serialize(this.topic, key, headers),
      value: value === null ? null : this.valueSerde.serialize(this.topic, value, headers),
      timestampMs: recordMs,
      headers,
    }
  }

  #takeTimestamp(): number {
    const timestampMs = this.#timestampMs
    this.#timestampMs += this.#autoAdvanceMs
    return timestampMs
  }
}

interface EncodableRecord<K, V> extends Partial<Omit<TestRecord<K | null, V>, 'value'>> {
  readonly value: V | null
}
