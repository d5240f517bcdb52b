import type { RecordHeaders } from '../processor/record.ts'

export interface TestRecord<K, V> {
  readonly key: K
  readonly value: V
  readonly timestampMs: number
  readonly headers: RecordHeaders
}
