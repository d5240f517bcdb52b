/** What a partition's error code in a Produce answer means for its batch. */
import { ErrorCode, kafkaErrorOf } from '@millrace/protocol'

export type ProduceOutcome =
  /** In the log, now or since an earlier attempt. */
  | 'appended'
  /** Try again. */
  | 'retry'
  /** Sequences before it are missing, or the broker has lost its memory of this producer. */
  | 'outOfOrder'
  /** Larger than the topic allows: smaller ones may fit. */
  | 'tooLarge'
  /** Not in the log, and never will be. */
  | 'refused'

const OUTCOMES: ReadonlyMap<number, ProduceOutcome> = new Map<number, ProduceOutcome>([
  [ErrorCode.NONE, 'appended'],
  [ErrorCode.DUPLICATE_SEQUENCE_NUMBER, 'appended'],
  [ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER, 'outOfOrder'],
  [ErrorCode.UNKNOWN_PRODUCER_ID, 'outOfOrder'],
  [ErrorCode.INVALID_PRODUCER_EPOCH, 'outOfOrder'],
  [ErrorCode.MESSAGE_TOO_LARGE, 'tooLarge'],
])

export function produceOutcome(errorCode: number): ProduceOutcome {
  return OUTCOMES.get(errorCode) ?? (kafkaErrorOf(errorCode).retriable ? 'retry' : 'refused')
}
