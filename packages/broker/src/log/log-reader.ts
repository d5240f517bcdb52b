import { BATCH_HEADER_BYTES, ErrorCode, KafkaError } from '@millrace/protocol'
import type { ReusableBuffers } from '../memory/reusable-buffers.ts'
import { baseOffsetAt, batchSizeAt, lastOffsetAt } from './segment/batch-header.ts'
import type { LogSegments, Place } from './segments.ts'

/** How many places readers left off are remembered: about one for each consumer of the partition. */
const MAX_REMEMBERED_PLACES = 64
/** What was appended since the start and is not further from the end than this is taken to be in the page cache. */
const RECENT_BYTES = 64 * 1024 * 1024

export interface ReadRequest {
  readonly offset: number
  readonly maxBytes: number
  readonly minOneBatch: boolean
  /** Batches that hold offsets from here on are left out. */
  readonly untilOffset: number
}

export interface ReadBytes {
  /** Whole batches. */
  readonly bytes: Buffer
  /** Offset behind the last of them; the one asked for if there is none. */
  readonly nextOffset: number
  /** Lets later reads have the memory; nobody may look at `bytes` then. */
  readonly release: () => void
}

/** What was read and where it was put. */
interface FilledBuffer {
  readonly memory: Buffer
  readonly bytes: Buffer
}

export const NOTHING_READ: ReadBytes = { bytes: Buffer.alloc(0), nextOffset: -1, release: () => {} }

/** Finds and reads batches in the segments of one log. */
export class LogReader {
  /** Next offset of an earlier read → where it is, latest last: a consumer that goes on needs no index. */
  private readonly places = new Map<number, Place>()

  constructor(
    private readonly segments: LogSegments,
    /** `<topic>-<partition>`, for messages. */
    private readonly name: string,
    private readonly buffers: ReusableBuffers,
  ) {}

  /** Where the batch with `offset`, or the next one, begins; undefined at the end of the log. Throws CORRUPT_MESSAGE. */
  placeOf(offset: number): Place | undefined {
    const remembered = this.places.get(offset)
    if (
      remembered !== undefined &&
      remembered.position < remembered.segment.sizeInBytes &&
      !remembered.segment.isRetired
    )
      return remembered
    for (const segment of this.segments.from(offset)) {
      const position = segment.positionOf(offset)
      if (position === null) throw this.corrupt(offset)
      if (position !== undefined) return { segment, position }
    }
    return undefined
  }

  /** Synchronous if the bytes are recent. A promise rejects with what this throws. */
  read(request: ReadRequest): ReadBytes | Promise<ReadBytes> {
    const place = this.placeOf(request.offset)
    if (place === undefined) return { ...NOTHING_READ, nextOffset: request.offset }
    const availableBytes = place.segment.readableEnd(place.position) - place.position
    const length = Math.min(Math.max(request.maxBytes, BATCH_HEADER_BYTES), availableBytes)
    if (!this.isRecent(place)) return this.readCold(place, length, availableBytes, request)
    const filled = this.readNow(place, length)
    const firstBytes = this.firstBatchBytes(filled.bytes, availableBytes, request)
    return this.cut(firstBytes > length ? this.readNow(place, firstBytes) : filled, place, request)
  }

  private async readCold(
    place: Place,
    length: number,
    availableBytes: number,
    request: ReadRequest,
  ): Promise<ReadBytes> {
    const filled = await this.readInPool(place, length)
    const firstBytes = this.firstBatchBytes(filled.bytes, availableBytes, request)
    return this.cut(firstBytes > length ? await this.readInPool(place, firstBytes) : filled, place, request)
  }

  private readNow({ segment, position }: Place, length: number): FilledBuffer {
    const memory = this.buffers.take(length)
    return { memory, bytes: memory.subarray(0, segment.log.read(memory, 0, length, position)) }
  }

  private async readInPool({ segment, position }: Place, length: number): Promise<FilledBuffer> {
    const memory = this.buffers.take(length)
    return { memory, bytes: memory.subarray(0, await segment.log.readAsync(memory, 0, length, position)) }
  }

  /** How much to read for the first batch to be whole; 0 if what there is will do. */
  private firstBatchBytes(bytes: Buffer, availableBytes: number, { offset, minOneBatch }: ReadRequest): number {
    const firstBytes = bytes.length < BATCH_HEADER_BYTES ? 0 : batchSizeAt(bytes, 0)
    const isWhole = firstBytes > 0 && firstBytes <= availableBytes
    if (!isWhole || lastOffsetAt(bytes, 0) < offset) throw this.corrupt(offset)
    return minOneBatch ? firstBytes : 0
  }

  /** The whole batches at the start of `bytes` that the request may have. */
  private cut({ memory, bytes }: FilledBuffer, { segment, position }: Place, request: ReadRequest): ReadBytes {
    const { offset, maxBytes, untilOffset, minOneBatch } = request
    let end = 0
    let nextOffset = offset
    while (bytes.length - end >= BATCH_HEADER_BYTES && baseOffsetAt(bytes, end) < untilOffset) {
      const sizeInBytes = batchSizeAt(bytes, end)
      const mayPass = minOneBatch && end === 0
      if (sizeInBytes === 0 || end + sizeInBytes > (mayPass ? bytes.length : Math.min(bytes.length, maxBytes))) break
      nextOffset = lastOffsetAt(bytes, end) + 1
      end += sizeInBytes
    }
    if (end > 0) this.remember(nextOffset, { segment, position: position + end })
    else if (minOneBatch && baseOffsetAt(bytes, 0) < untilOffset) throw this.corrupt(offset)
    return { bytes: bytes.subarray(0, end), nextOffset, release: () => this.buffers.giveBack(memory) }
  }

  private remember(offset: number, place: Place): void {
    this.places.delete(offset)
    this.places.set(offset, place)
    if (this.places.size > MAX_REMEMBERED_PLACES) this.places.delete(this.places.keys().next().value!)
  }

  private isRecent({ segment, position }: Place): boolean {
    return (
      segment === this.segments.active &&
      position >= segment.bytesAtOpen &&
      position >= segment.sizeInBytes - RECENT_BYTES
    )
  }

  private corrupt(offset: number): KafkaError {
    return new KafkaError(ErrorCode.CORRUPT_MESSAGE, `${this.name} at offset ${offset}`)
  }
}
