import { ErrorCode } from '@millrace/protocol'

/** The version of each API from which on clients know PRODUCER_FENCED. */
export const FIRST_WITH_PRODUCER_FENCED = {
  InitProducerId: 4,
  AddPartitionsToTxn: 2,
  AddOffsetsToTxn: 2,
  EndTxn: 2,
} as const

/** Older clients treat INVALID_PRODUCER_EPOCH as newer ones treat PRODUCER_FENCED. */
export function fencedAsKnown(
  errorCode: ErrorCode,
  api: keyof typeof FIRST_WITH_PRODUCER_FENCED,
  apiVersion: number,
): ErrorCode {
  const isUnknown = errorCode === ErrorCode.PRODUCER_FENCED && apiVersion < FIRST_WITH_PRODUCER_FENCED[api]
  return isUnknown ? ErrorCode.INVALID_PRODUCER_EPOCH : errorCode
}

/**
 * The same for requests that write in a transaction, whose clients never learned PRODUCER_FENCED from them. `knowsAbortable`:
 * the version has TRANSACTION_ABORTABLE.
 */
export function writeErrorAsKnown(errorCode: ErrorCode, knowsAbortable: boolean): ErrorCode {
  if (errorCode === ErrorCode.PRODUCER_FENCED) return ErrorCode.INVALID_PRODUCER_EPOCH
  const isUnknown = errorCode === ErrorCode.TRANSACTION_ABORTABLE && !knowsAbortable
  return isUnknown ? ErrorCode.INVALID_TXN_STATE : errorCode
}
