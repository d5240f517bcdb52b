import type { LogRecord } from '@millrace/protocol'
import type { Record } from '../processor/record.ts'
import { type SourceDecoder, TimestampExtractionError } from './source-decoder.ts'
import type { InputBatch, TaskSettings } from './task.ts'
import type { TaskNode, TaskScope } from './task-node.ts'

/** Buffered records of one input partition. Only the head is decoded; records that cannot be are dropped when they get there. */
export class InputQueue {
  readonly #batches: (readonly LogRecord[])[] = []
  /** In the first batch; the head itself, or the next to become head. */
  #index = 0
  #head: Record<unknown, unknown> | undefined
  #headOffset = -1
  #size = 0
  #nextOffset = -1
  #highWatermark = -1
  #partitionTimeMs = -1

  /** @param children who the source hands its records to */
  constructor(
    readonly topic: string,
    readonly partition: number,
    readonly children: readonly TaskNode[],
    private readonly decoder: SourceDecoder,
    private readonly scope: TaskScope,
    private readonly settings: TaskSettings,
  ) {}

  add({ records, nextOffset, highWatermark }: InputBatch): void {
    this.#nextOffset = nextOffset
    this.#highWatermark = highWatermark
    if (records.length === 0) return
    this.#batches.push(records)
    this.#size += records.length
    if (this.#head === undefined) this.#advance()
  }

  /** Records that wait, the head included. */
  get size(): number {
    return this.#size
  }

  /** The next record; undefined when none waits. */
  get head(): Record<unknown, unknown> | undefined {
    return this.#head
  }

  get headOffset(): number {
    return this.#headOffset
  }

  /** There must be one. */
  removeHead(): void {
    this.#partitionTimeMs = Math.max(this.#partitionTimeMs, this.#head!.timestampMs)
    this.#size--
    this.#advance()
  }

  /** The greatest timestamp removed so far; −1 before the first. */
  get partitionTimeMs(): number {
    return this.#partitionTimeMs
  }

  resumeFrom(partitionTimeMs: number): void {
    this.#partitionTimeMs = Math.max(this.#partitionTimeMs, partitionTimeMs)
  }

  /** The next record to process; undefined when nothing was ever read. */
  get position(): number | undefined {
    if (this.#head !== undefined) return this.#headOffset
    return this.#nextOffset === -1 ? undefined : this.#nextOffset
  }

  /** True when nothing waits here and the broker had nothing more either, as far as is known. */
  get isAtEnd(): boolean {
    return this.#head === undefined && this.#nextOffset !== -1 && this.#nextOffset >= this.#highWatermark
  }

  #advance(): void {
    this.#head = undefined
    for (let raw = this.#nextRaw(); raw !== undefined; raw = this.#nextRaw()) {
      const record = this.#decode(raw)
      if (record !== undefined) {
        this.#head = record
        this.#headOffset = raw.offset
        return
      }
      this.#size--
    }
  }

  #nextRaw(): LogRecord | undefined {
    const batch = this.#batches[0]
    if (batch === undefined) return undefined
    const raw = batch[this.#index++]
    if (raw !== undefined) return raw
    this.#batches.shift()
    this.#index = 0
    return this.#nextRaw()
  }

  #decode(raw: LogRecord): Record<unknown, unknown> | undefined {
    const { scope, topic, partition } = this
    let record: Record<unknown, unknown> | undefined
    try {
      record = this.decoder.decode(raw, this.#partitionTimeMs)
    } catch (error) {
      if (error instanceof TimestampExtractionError) throw error
      const failure = { taskId: scope.taskId, topic, partition, record: raw, error }
      if (this.settings.deserializationExceptionHandler(failure) === 'fail') throw error
      scope.drop('deserialization failed')
      return undefined
    }
    if (record === undefined) scope.drop('negative timestamp')
    return record
  }
}
