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

/** In a transaction the epoch is not ours to choose, so a batch under a wrong one is refused for good. */
const NOT_IN_TRANSACTIONS: ReadonlySet<number> = new Set([
  ErrorCode.UNKNOWN_PRODUCER_ID,
  ErrorCode.INVALID_PRODUCER_EPOCH,
])

export function produceOutcome(errorCode: number, isTransactional: boolean): ProduceOutcome {
  if (isTransactional && NOT_IN_TRANSACTIONS.has(errorCode)) return 'refused'
  return OUTCOMES.get(errorCode) ?? (kafkaErrorOf(errorCode).retriable ? 'retry' : 'refused')
}
