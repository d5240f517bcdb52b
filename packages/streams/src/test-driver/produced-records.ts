import type { LogRecord } from '@millrace/protocol'
import type { RecordHeaders } from '../processor/record.ts'
import type { RecordCollector } from '../task/record-collector.ts'
import { logRecord } from './log-record.ts'

/** Catches what tasks produce: a queue for each topic, to be read or looped back. */
export class ProducedRecords implements RecordCollector {
  readonly isFull = false
  readonly #queues = new Map<string, LogRecord[]>()
  readonly #offsets = new Map<string, number>()

  /** @param onProduced sees every record in the order it was produced */
  constructor(private readonly onProduced: (topic: string, record: LogRecord) => void) {}

  send(
    topic: string,
    _partition: number | null,
    key: Uint8Array | null,
    value: Uint8Array | null,
    timestampMs: number,
    headers: RecordHeaders,
  ): void {
    const offset = this.#offsets.get(topic) ?? 0
    this.#offsets.set(topic, offset + 1)
    const record = logRecord(offset, key, value, timestampMs, headers)
    const queue = this.#queues.get(topic)
    if (queue === undefined) this.#queues.set(topic, [record])
    else queue.push(record)
    this.onProduced(topic, record)
  }

  /** Every topic has one partition. */
  partitionCount(): number {
    return 1
  }

  /** Topics that anything was ever produced to, sorted. */
  get topics(): string[] {
    return [...this.#queues.keys()].sort()
  }

  clear(): void {
    for (const queue of this.#queues.values()) queue.length = 0
  }

  /** What nobody has read yet; the caller may take from its front. */
  queue(topic: string): LogRecord[] {
    return this.#queues.get(topic) ?? []
  }
}
