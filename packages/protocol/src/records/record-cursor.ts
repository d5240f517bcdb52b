import { CorruptBatchError } from './corrupt-batch-error.ts'
import type { LogRecord, RecordHeader } from './log-record.ts'
import { checkHeaders, readHeaders } from './record-headers.ts'
import { VarintReader } from './varint.ts'

/** The uncompressed records of a batch, `buffer[start, end)`, and what their deltas count from. */
export interface RecordsSection {
  readonly buffer: Buffer
  readonly start: number
  readonly end: number
  readonly recordCount: number
  readonly baseOffset: number
  readonly baseTimestampMs: number
  /** The one timestamp of all records if the log has stamped the batch, else null. */
  readonly logAppendTimeMs: number | null
}

/**
 * Walks the records of one batch without allocating: `advance()`, then read the fields of the record it stands on.
 * Only lengths are parsed; `key`, `value` and `headers` are made when asked for, anew each time, as views of the
 * batch's memory. Every length is checked against the end of its record. {@link CorruptBatchError} ends the walk.
 *
 * Record: length varint ‖ attributes int8 ‖ timestampDelta varlong ‖ offsetDelta varint ‖ key and value, each a varint
 * length (−1 = null) and bytes ‖ header count varint ‖ headers.
 */
export class RecordCursor implements LogRecord {
  readonly buffer: Buffer
  offset = -1
  timestampMs = -1
  /** −1 if the key is null. */
  keyBytes = -1
  /** −1 if the value is null. */
  valueBytes = -1
  private contentsStart = 0
  private keyEnd = 0
  private valueEnd = 0
  private recordEnd: number
  private remaining: number
  private readonly reader: VarintReader
  private readonly start: number
  private readonly end: number
  private readonly recordCount: number
  private readonly baseOffset: number
  private readonly baseTimestampMs: number
  private readonly logAppendTimeMs: number | null

  constructor(section: RecordsSection) {
    this.buffer = section.buffer
    this.reader = new VarintReader(section.buffer, section.start, section.end)
    this.start = section.start
    this.recordEnd = section.start
    this.end = section.end
    this.recordCount = section.recordCount
    this.remaining = section.recordCount
    this.baseOffset = section.baseOffset
    this.baseTimestampMs = section.baseTimestampMs
    this.logAppendTimeMs = section.logAppendTimeMs
  }

  /** Moves to the next record; false behind the last one. */
  advance(): boolean {
    const { reader, end } = this
    reader.position = this.recordEnd
    if (this.remaining <= 0) {
      if (this.recordEnd !== end) throw this.corrupt(`${end - this.recordEnd} bytes behind the last record`)
      return false
    }
    this.remaining--
    reader.end = end
    const recordBytes = reader.varint()
    const recordEnd = reader.position + recordBytes
    if (recordBytes < 1 || recordEnd > end) throw this.corrupt(`record of ${recordBytes} bytes`)
    this.recordEnd = recordEnd
    reader.end = recordEnd
    reader.position++ // Attributes: none defined.
    const timestampDeltaMs = reader.varlong()
    this.timestampMs = this.logAppendTimeMs ?? this.baseTimestampMs + timestampDeltaMs
    this.offset = this.baseOffset + reader.varint()
    this.contentsStart = reader.position
    this.keyBytes = reader.range()
    this.keyEnd = reader.position
    this.valueBytes = reader.range()
    this.valueEnd = reader.position
    return true
  }

  /** Moves to before the first record again. */
  rewind(): void {
    this.recordEnd = this.start
    this.remaining = this.recordCount
  }

  get key(): Buffer | null {
    return view(this.buffer, this.keyBytes, this.keyEnd)
  }

  /** Where the bytes of the key end in `buffer`: `keyBytes` before it they begin. */
  get keyEndPosition(): number {
    return this.keyEnd
  }

  get value(): Buffer | null {
    return view(this.buffer, this.valueBytes, this.valueEnd)
  }

  get headers(): readonly RecordHeader[] {
    return readHeaders(this.buffer, this.valueEnd, this.recordEnd)
  }

  /** Key, value and headers as they are stored: the part that is the same in any batch. */
  get contents(): Buffer {
    return this.buffer.subarray(this.contentsStart, this.recordEnd)
  }

  /** Throws what `headers` would throw, without making them. */
  checkHeaders(): void {
    checkHeaders(this.buffer, this.valueEnd, this.recordEnd)
  }

  /** The current record as an object of its own, as lazy as the cursor and good after it has moved on. */
  record(): LogRecord {
    const { buffer, keyBytes, keyEnd, valueBytes, valueEnd, recordEnd } = this
    return new RecordView(buffer, this.offset, this.timestampMs, keyBytes, keyEnd, valueBytes, valueEnd, recordEnd)
  }

  private corrupt(reason: string): CorruptBatchError {
    return new CorruptBatchError(reason, this.baseOffset)
  }
}

class RecordView implements LogRecord {
  constructor(
    private readonly buffer: Buffer,
    readonly offset: number,
    readonly timestampMs: number,
    private readonly keyBytes: number,
    private readonly keyEnd: number,
    private readonly valueBytes: number,
    private readonly valueEnd: number,
    private readonly recordEnd: number,
  ) {}

  get key(): Buffer | null {
    return view(this.buffer, this.keyBytes, this.keyEnd)
  }

  get value(): Buffer | null {
    return view(this.buffer, this.valueBytes, this.valueEnd)
  }

  get headers(): readonly RecordHeader[] {
    return readHeaders(this.buffer, this.valueEnd, this.recordEnd)
  }
}

function view(buffer: Buffer, length: number, end: number): Buffer | null {
  return length < 0 ? null : buffer.subarray(end - length, end)
}
