import type { Serde } from '@millrace/client'
import type { LogRecord } from '@millrace/protocol'
import { StreamsError } from '../errors.ts'
import { Record } from '../processor/record.ts'
import type { DecodedFields } from '../topology/decoded-fields.ts'
import type { SourceNode, TimestampExtractor } from '../topology/nodes.ts'
import { readsLogTimestampOnly } from '../topology/timestamp-extractors.ts'

/** A timestamp extractor threw. No handler is asked: it ends the task. */
export class TimestampExtractionError extends StreamsError {
  override readonly code = 'TIMESTAMP_EXTRACTION_FAILED'
}

/**
 * Makes records of what was read from one partition. Keys and values that nobody in the sub-topology looks at stay bytes,
 * and those whose bytes may travel on keep them.
 */
export class SourceDecoder {
  readonly #topic: string
  readonly #partition: number
  readonly #keySerde: Serde<unknown>
  readonly #valueSerde: Serde<unknown>
  readonly #extractor: TimestampExtractor
  readonly #takesLogTimestamp: boolean
  readonly #decoded: DecodedFields

  constructor(source: SourceNode, decoded: DecodedFields, topic: string, partition: number) {
    this.#topic = topic
    this.#partition = partition
    this.#keySerde = source.keySerde
    this.#valueSerde = source.valueSerde
    this.#extractor = source.timestampExtractor
    this.#takesLogTimestamp = readsLogTimestampOnly(source.timestampExtractor)
    this.#decoded = decoded
  }

  /** Undefined when the record has no valid timestamp. Throws what the serdes throw, and TimestampExtractionError. */
  decode(raw: LogRecord, partitionTimeMs: number): Record<unknown, unknown> | undefined {
    const keyBytes = raw.key
    const valueBytes = raw.value
    const { headers } = raw
    const key = keyBytes === null ? null : this.#decodeKey(keyBytes, headers)
    const value = valueBytes === null ? null : this.#decodeValue(valueBytes, headers)
    const timestampMs = this.#timestampOf(raw, key, value, partitionTimeMs)
    if (timestampMs < 0) return undefined
    const keepsKey = keyBytes !== null && this.#keySerde.isPortable === true
    const keepsValue = valueBytes !== null && this.#valueSerde.isPortable === true
    return new Record(
      key,
      value,
      timestampMs,
      headers,
      keepsKey ? this.#keySerde : undefined,
      keepsKey ? keyBytes : undefined,
      keepsValue ? this.#valueSerde : undefined,
      keepsValue ? valueBytes : undefined,
    )
  }

  #decodeKey(bytes: Buffer, headers: LogRecord['headers']): unknown {
    return this.#decoded.key ? this.#keySerde.deserialize(this.#topic, bytes, headers) : bytes
  }

  #decodeValue(bytes: Buffer, headers: LogRecord['headers']): unknown {
    return this.#decoded.value ? this.#valueSerde.deserialize(this.#topic, bytes, headers) : bytes
  }

  #timestampOf(raw: LogRecord, key: unknown, value: unknown, partitionTimeMs: number): number {
    if (this.#takesLogTimestamp && raw.timestampMs >= 0) return raw.timestampMs
    const { offset, timestampMs, headers } = raw
    const record = { topic: this.#topic, partition: this.#partition, offset, timestampMs, key, value, headers }
    try {
      return this.#extractor(record, partitionTimeMs)
    } catch (cause) {
      throw new TimestampExtractionError(`${this.#topic}-${this.#partition}@${offset}: ${(cause as Error).message}`, {
        cause,
      })
    }
  }
}
