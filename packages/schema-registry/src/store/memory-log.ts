import type { Clock } from '@millrace/platform'
import type { EncodedRecord } from '../subjects/records.ts'
import { storeFailed } from '../subjects/registry-error.ts'
import type { LogEntry, SchemasLog } from './schemas-log.ts'

/** Keeps everything until the process ends. For tests, and for a registry that need not outlive its process. */
export class MemoryLog implements SchemasLog {
  readonly entries: LogEntry[] = []
  private apply: ((entry: LogEntry) => void) | undefined

  constructor(private readonly clock: Pick<Clock, 'nowMs'>) {}

  /** Puts a record there as another writer would. */
  put(key: string | null, value: string | null): void {
    const entry = { offset: this.entries.length, key, value, timestampMs: this.clock.nowMs() }
    this.entries.push(entry)
    this.apply?.(entry)
  }

  async open(apply: (entry: LogEntry) => void): Promise<void> {
    for (const entry of this.entries) apply(entry)
    this.apply = apply
  }

  async append(records: readonly EncodedRecord[]): Promise<void> {
    if (this.apply === undefined) throw storeFailed('the log is not open')
    for (const { key, value } of records) this.put(key, value)
  }

  async close(): Promise<void> {
    this.apply = undefined
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}
