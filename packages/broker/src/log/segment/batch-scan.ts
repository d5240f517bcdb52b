/** Walking the batches of a log file in pieces of bounded memory, a turn of the event loop for each piece. */
import type { OpenFile } from '@millrace/platform'
import { BATCH_HEADER_BYTES, type BatchCodecs, RecordBatch } from '@millrace/protocol'
import { LARGEST_REQUEST_BYTES } from '../../config/broker-config.ts'
import { baseOffsetAt, batchSizeAt } from './batch-header.ts'

const WINDOW_BYTES = 1024 * 1024

/**
 * Calls `visit` with each batch from `from` on until it returns false. Returns the position of the batch it refused, or of
 * the first bytes that are no whole batch, or `to`. A batch is a view that the next call overwrites; its checksum has not
 * been looked at.
 */
export async function scanBatches(
  file: OpenFile,
  from: number,
  to: number,
  visit: (batch: RecordBatch, position: number) => boolean,
): Promise<number> {
  let window = Buffer.allocUnsafeSlow(Math.min(WINDOW_BYTES, to - from))
  let windowStart = from
  let position = from
  while (to - position >= BATCH_HEADER_BYTES) {
    windowStart = position
    const length = await file.readAsync(window, 0, Math.min(window.length, to - position), position)
    for (;;) {
      const at = position - windowStart
      if (length - at < BATCH_HEADER_BYTES) break
      const sizeInBytes = batchSizeAt(window, at)
      if (sizeInBytes === 0 || sizeInBytes > Math.min(to - position, LARGEST_REQUEST_BYTES)) return position
      if (sizeInBytes > length - at) {
        if (sizeInBytes > window.length) window = Buffer.allocUnsafeSlow(sizeInBytes)
        break
      }
      if (!visit(new RecordBatch(window, at), position)) return position
      position += sizeInBytes
    }
    // Not even one more header could be read: the file is shorter than it says.
    if (position === windowStart && length < Math.min(window.length, to - position)) return position
  }
  return position
}

/**
 * Position of the first valid batch behind damaged bytes, one that holds offsets from `minOffset` on; undefined if there
 * is none up to `to`.
 */
export async function findBatchBehind(
  file: OpenFile,
  damagedPosition: number,
  to: number,
  minOffset: number,
  codecs: BatchCodecs,
): Promise<number | undefined> {
  const window = Buffer.allocUnsafeSlow(Math.min(WINDOW_BYTES, to - damagedPosition))
  for (let windowStart = damagedPosition + 1; to - windowStart >= BATCH_HEADER_BYTES; ) {
    const length = await file.readAsync(window, 0, Math.min(window.length, to - windowStart), windowStart)
    if (length < BATCH_HEADER_BYTES) return undefined
    const last = length - BATCH_HEADER_BYTES
    for (let at = 0; at <= last; at++) {
      const sizeInBytes = batchSizeAt(window, at)
      if (sizeInBytes === 0 || sizeInBytes > Math.min(to - windowStart - at, LARGEST_REQUEST_BYTES)) continue
      const baseOffset = baseOffsetAt(window, at)
      if (baseOffset < minOffset || baseOffset > minOffset + 0x7fff_ffff) continue
      if (await isValidBatch(file, windowStart + at, sizeInBytes, codecs)) return windowStart + at
    }
    windowStart += last + 1
  }
  return undefined
}

async function isValidBatch(
  file: OpenFile,
  position: number,
  sizeInBytes: number,
  codecs: BatchCodecs,
): Promise<boolean> {
  const bytes = Buffer.allocUnsafe(sizeInBytes)
  const length = await file.readAsync(bytes, 0, sizeInBytes, position)
  return length === sizeInBytes && new RecordBatch(bytes).hasValidChecksum(codecs)
}
