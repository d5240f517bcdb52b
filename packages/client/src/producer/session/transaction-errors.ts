import { MillraceError } from '@millrace/protocol'

/** The transactional id belongs to a newer producer. This one is of no more use: close it. */
export class ProducerFencedError extends MillraceError {
  readonly code: 'PRODUCER_FENCED' | 'TRANSACTION_TIMED_OUT' = 'PRODUCER_FENCED'
  constructor(
    readonly transactionalId: string,
    options?: ErrorOptions,
    reason = 'another producer has called initTransactions with this transactional id',
  ) {
    super(`producer ${transactionalId} is fenced, ${reason}: close it`, options)
  }
}

/**
 * The transaction was open for longer than `transaction.timeout.ms`, so the coordinator has aborted it and fenced its
 * producer. Close it and go on with a new one.
 */
export class TransactionTimedOutError extends ProducerFencedError {
  override readonly code = 'TRANSACTION_TIMED_OUT'
  constructor(
    transactionalId: string,
    readonly openForMs: number,
    readonly transactionTimeoutMs: number,
    options?: ErrorOptions,
  ) {
    const reason =
      `its transaction was open for ${Math.round(openForMs)} ms, more than the ${transactionTimeoutMs} ms of ` +
      'transaction.timeout.ms, and the coordinator aborted it'
    super(transactionalId, options, reason)
  }
}

/** Something in the transaction failed (`cause`), so it cannot be committed: call `abortTransaction`, then begin anew. */
export class TransactionMustAbortError extends MillraceError {
  readonly code = 'TRANSACTION_MUST_ABORT'
  constructor(
    readonly transactionalId: string,
    options: { readonly cause: Error },
  ) {
    super(`the transaction of ${transactionalId} failed and must be aborted: ${options.cause.message}`, options)
  }
}

/** The record was dropped, because its transaction was aborted or has failed (`cause`). */
export class TransactionAbortedError extends MillraceError {
  readonly code = 'TRANSACTION_ABORTED'
  constructor(
    readonly transactionalId: string,
    options?: ErrorOptions,
  ) {
    const cause = options?.cause instanceof Error ? `: ${options.cause.message}` : ''
    super(`record dropped, the transaction of ${transactionalId} is aborted${cause}`, options)
  }
}

/** A call that does not fit what the producer does: no `transactionalId`, no transaction, one too many. */
export class InvalidProducerStateError extends MillraceError {
  readonly code = 'INVALID_PRODUCER_STATE'
}
