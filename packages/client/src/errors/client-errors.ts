/** What can go wrong between a call and the cluster. Error codes that a broker sent are `KafkaError`s of the protocol. */
import { MillraceError } from '@millrace/protocol'

/** A call on a producer, consumer or admin after its `close`, or a call that `close` cut short. */
export class ClosedError extends MillraceError {
  readonly code = 'CLOSED'
  constructor(readonly subject: string) {
    super(`the ${subject} is closed: create a new one`)
  }
}

/** No connection, or it broke before the answer came. Whether the broker has done what was asked is not known. */
export class ConnectionError extends MillraceError {
  readonly code = 'CONNECTION_FAILED'
  override readonly retriable = true
  constructor(
    readonly broker: string,
    reason: string,
    options?: ErrorOptions,
  ) {
    super(`connection to ${broker}: ${reason}`, options)
  }
}

/** A time limit passed. `cause` is the last failure before it, if there was one. */
export class TimeoutError extends MillraceError {
  readonly code = 'TIMED_OUT'
  override readonly retriable = true
  constructor(
    readonly operation: string,
    readonly timeoutMs: number,
    options?: ErrorOptions,
  ) {
    const cause = options?.cause instanceof Error ? ` (last failure: ${options.cause.message})` : ''
    super(`${operation} took longer than ${timeoutMs} ms${cause}`, options)
  }
}

/** The broker is too old, too new, or no Kafka broker. */
export class UnsupportedBrokerError extends MillraceError {
  readonly code = 'UNSUPPORTED_BROKER'
  constructor(
    readonly broker: string,
    reason: string,
  ) {
    super(`broker ${broker} ${reason}: use Apache Kafka 2.8 or newer`)
  }
}

/** Two settings that cannot both hold. */
export class ContradictingSettingsError extends MillraceError {
  readonly code = 'INVALID_CONFIG'
  constructor(
    readonly settings: readonly string[],
    reason: string,
  ) {
    super(`${settings.join(' and ')}: ${reason}`)
  }
}

/** An answer that follows the protocol and yet makes no sense: a bug of the broker. */
export class UnexpectedAnswerError extends MillraceError {
  readonly code = 'UNEXPECTED_ANSWER'
  constructor(
    readonly broker: string,
    reason: string,
  ) {
    super(`broker ${broker} answered nonsense: ${reason}`)
  }
}

/** A state machine was told something that its table does not allow: a bug of this client. */
export class IllegalMoveError extends MillraceError {
  readonly code = 'ILLEGAL_MOVE'
  constructor(state: string, event: string) {
    super(`${event} cannot happen in state ${state}`)
  }
}
