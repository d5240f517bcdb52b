import type { OpenFile } from '@millrace/platform'
import { BATCH_HEADER_BYTES, batchesOf, CorruptBatchError, type RecordBatch } from '@millrace/protocol'
import { LARGEST_REQUEST_BYTES } from '../../config/broker-config.ts'
import { batchSizeAt } from '../segment/batch-header.ts'

/**
 * The batches of a file from `from` up to `to`, as many at a time as `windowBytes` hold, at least one. They are views that
 * the next step overwrites; their checksums have not been looked at. Throws CorruptBatchError at bytes that are no batch.
 */
export async function* batchWindows(
  file: OpenFile,
  from: number,
  to: number,
  windowBytes: number,
): AsyncGenerator<readonly RecordBatch[], void, undefined> {
  let window = Buffer.allocUnsafeSlow(Math.max(BATCH_HEADER_BYTES, Math.min(windowBytes, to - from)))
  for (let position = from; position < to; ) {
    const length = await file.readAsync(window, 0, Math.min(window.length, to - position), position)
    const batches = [...batchesOf(window, 0, length)]
    const last = batches.at(-1)
    if (last === undefined) {
      const neededBytes = length < BATCH_HEADER_BYTES ? 0 : batchSizeAt(window, 0)
      if (neededBytes <= length || neededBytes > Math.min(to - position, LARGEST_REQUEST_BYTES))
        throw new CorruptBatchError(`no batch at position ${position} of ${file.path}`)
      window = Buffer.allocUnsafeSlow(neededBytes)
    } else {
      yield batches
      position += last.end
    }
  }
}
