import { readInt64, writeInt64 } from '@millrace/protocol'
import type { ScanDirection } from '../rows.ts'
import type { Changelog } from './changelog.ts'
import type { WindowRange, WindowRow, WindowRows } from './window-rows.ts'

const TIME_BYTES = 8
/** Counts rows of the same key and start in stores that keep duplicates; 0 in all others. */
const SEQUENCE_BYTES = 4

/** The key of a window in its changelog, as in Kafka Streams: `key ‖ start(8) ‖ sequence(4)`, big-endian. */
export function windowChangelogKey(key: Uint8Array, startMs: number, sequence = 0): Buffer {
  const bytes = Buffer.alloc(key.length + TIME_BYTES + SEQUENCE_BYTES)
  bytes.set(key)
  writeInt64(bytes, startMs, key.length)
  bytes.writeInt32BE(sequence, key.length + TIME_BYTES)
  return bytes
}

/** The parts of {@link windowChangelogKey}; the key is a view. */
export function parseWindowChangelogKey(bytes: Buffer): { key: Buffer; startMs: number } {
  const keyLength = bytes.length - TIME_BYTES - SEQUENCE_BYTES
  return { key: bytes.subarray(0, keyLength), startMs: readInt64(bytes, keyLength) }
}

/** Logs every write of a window store once it is made; also one that came too late, as Kafka Streams does. */
export class ChangeloggedWindowRows implements WindowRows {
  readonly #rows: WindowRows
  readonly #changelog: Changelog

  constructor(rows: WindowRows, changelog: Changelog) {
    this.#rows = rows
    this.#changelog = changelog
  }

  get(key: Uint8Array, startMs: number): Buffer | undefined {
    return this.#rows.get(key, startMs)
  }

  put(key: Uint8Array, startMs: number, value: Uint8Array | null): void {
    this.#rows.put(key, startMs, value)
    this.#changelog.log(windowChangelogKey(key, startMs), value)
  }

  scan(range: WindowRange, direction: ScanDirection): IterableIterator<WindowRow> {
    return this.#rows.scan(range, direction)
  }
}
