import type { Serde } from '@millrace/client'
import type { LogRecord } from '@millrace/protocol'
import { StreamsError } from '../errors.ts'
import type { KeyValue } from '../processors/map.ts'
import type { TestRecord } from './test-record.ts'

/** Reads what the topology has written to a topic, in order; what is read is gone. */
export class TestOutputTopic<K, V> {
  constructor(
    private readonly topic: string,
    private readonly keySerde: Serde<K>,
    private readonly valueSerde: Serde<V>,
    private readonly queue: () => LogRecord[],
  ) {}

  get isEmpty(): boolean {
    return this.queue().length === 0
  }

  get queueSize(): number {
    return this.queue().length
  }

  /** Throws a StreamsError when nothing is left. */
  readRecord(): TestRecord<K | null, V | null> {
    const record = this.queue().shift()
    if (record === undefined) throw new StreamsError(`nothing is left to read in topic ${this.topic}`)
    return this.#decode(record)
  }

  readKeyValue(): KeyValue<K | null, V | null> {
    const { key, value } = this.readRecord()
    return [key, value]
  }

  readValue(): V | null {
    return this.readRecord().value
  }

  readRecordsToList(): TestRecord<K | null, V | null>[] {
    const queue = this.queue()
    return queue.splice(0, queue.length).map(record => this.#decode(record))
  }

  readKeyValuesToList(): KeyValue<K | null, V | null>[] {
    return this.readRecordsToList().map(({ key, value }) => [key, value])
  }

  /** The last value of each key. */
  readKeyValuesToMap(): Map<K | null, V | null> {
    return new Map(this.readKeyValuesToList())
  }

  readValuesToList(): (V | null)[] {
    return this.readRecordsToList().map(({ value }) => value)
  }

  #decode({ key, value, timestampMs, headers }: LogRecord): TestRecord<K | null, V | null> {
    return {
      key: key === null ? null : this.keySerde.deserialize(this.topic, key, headers),
      value: value === null ? null : this.valueSerde.deserialize(this.topic, value, headers),
      timestampMs,
      headers,
    }
  }
}
