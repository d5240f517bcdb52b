/** What a broker does with the batches of one producer in one partition (KIP-98): the rules, and nothing else. */
import { ErrorCode } from '@millrace/protocol'
import type { ProducerStamp } from '../../src/producer/partition-queue.ts'

const REMEMBERED_BATCHES = 5

export interface ModelBatch {
  readonly id: number
  readonly recordCount: number
}

interface ProducerState {
  producerEpoch: number
  nextSequence: number
  readonly recent: { baseSequence: number; recordCount: number }[]
}

export class ModelLog {
  /** Ids of batches, in the order of the log. */
  readonly written: number[] = []
  private states = new Map<number, ProducerState>()

  append(batch: ModelBatch, stamp: ProducerStamp | null): number {
    if (stamp === null) {
      this.written.push(batch.id)
      return ErrorCode.NONE
    }
    const { producerId, producerEpoch, baseSequence } = stamp
    const { recordCount } = batch
    let state = this.states.get(producerId)
    if (state !== undefined) {
      if (producerEpoch < state.producerEpoch) return ErrorCode.INVALID_PRODUCER_EPOCH
      if (producerEpoch > state.producerEpoch) {
        if (baseSequence !== 0) return ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER
        state = undefined
      } else {
        const isDuplicate = state.recent.some(
          recent => recent.baseSequence === baseSequence && recent.recordCount === recordCount,
        )
        if (isDuplicate) return ErrorCode.NONE
        if (baseSequence !== state.nextSequence) return ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER
      }
    }
    // Without state any sequence is taken.
    state ??= { producerEpoch, nextSequence: baseSequence, recent: [] }
    state.nextSequence = baseSequence + recordCount
    state.recent.push({ baseSequence, recordCount })
    if (state.recent.length > REMEMBERED_BATCHES) state.recent.shift()
    this.states.set(producerId, state)
    this.written.push(batch.id)
    return ErrorCode.NONE
  }

  /** As after `producer.id.expiration.ms`, or when retention has removed all that the producer wrote. */
  forgetProducers(): void {
    this.states = new Map()
  }
}
