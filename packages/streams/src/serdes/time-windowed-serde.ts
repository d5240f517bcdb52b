import { type Serde, SerializationError } from '@millrace/client'
import { type RecordHeader, readInt64, writeInt64 } from '@millrace/protocol'
import { Windowed } from '../windows/windowed.ts'
import type { WindowedSerde } from './windowed-serde.ts'

const START_BYTES = 8

/** Keys of time windows in topics: `key ‖ start (8 bytes)`. The end is not written; it is the start plus the size. */
export class TimeWindowedSerde<K> implements WindowedSerde<K> {
  readonly isWindowed = true

  constructor(
    private readonly inner: Serde<K>,
    private readonly windowSizeMs: number,
  ) {}

  serialize(topic: string, windowed: Windowed<K>, headers?: readonly RecordHeader[]): Uint8Array {
    const key = this.serializeBaseKey(topic, windowed, headers)
    const bytes = Buffer.allocUnsafe(key.length + START_BYTES)
    bytes.set(key)
    writeInt64(bytes, windowed.startMs, key.length)
    return bytes
  }

  deserialize(topic: string, bytes: Buffer, headers?: readonly RecordHeader[]): Windowed<K> {
    const keyBytes = bytes.length - START_BYTES
    if (keyBytes < 0) throw new SerializationError(topic, `a windowed key has ${bytes.length} bytes, fewer than 8`)
    const startMs = readInt64(bytes, keyBytes)
    const key = this.inner.deserialize(topic, bytes.subarray(0, keyBytes), headers)
    return new Windowed(key, startMs, startMs + this.windowSizeMs)
  }

  serializeBaseKey(topic: string, windowed: Windowed<K>, headers?: readonly RecordHeader[]): Uint8Array {
    const bytes = this.inner.serialize(topic, windowed.key, headers)
    if (bytes === null) throw new SerializationError(topic, 'the key of a window must not be null')
    return bytes
  }
}
