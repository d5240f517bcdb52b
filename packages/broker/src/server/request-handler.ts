import type { Api } from '@millrace/protocol'
import { MillraceError } from '@millrace/protocol'

/** What a handler learns about a request besides its fields. */
export interface RequestContext {
  readonly apiVersion: number
  /** Empty when the client gave none. */
  readonly clientId: string
  /** The client's address. */
  readonly clientHost: string
  /**
   * For an `effect-first` request whose effect is not over when `handle` returns: no request of the connection starts until
   * `effect` is settled.
   */
  holdEffects(effect: Promise<unknown>): void
  /**
   * Calls `callback` when the answer has left, so that nobody looks at what it was made of any more. Never if the connection
   * ends before.
   */
  whenSent(callback: () => void): void
}

/**
 * Requests of one connection take effect in the order they came, and so do their answers. Kafka holds back a request
 * until the one before it is answered; some need not wait that long:
 * - `strict`: it starts when all before it are answered, and nothing starts until it is answered.
 * - `read`: it starts when all before it are answered. It has no effects, so that effects after it need not wait for it.
 * - `effect-first`: its effect is over when `handle` returns (or when it says), only the answer takes longer. It starts, and
 *   lets the next one start, while answers of its own kind and of reads are outstanding.
 */
export type Ordering = 'strict' | 'read' | 'effect-first'

export interface RequestHandler<Request = unknown, Answer = unknown> {
  readonly api: Api<Request, unknown, unknown, Answer>
  readonly ordering: Ordering
  /** Nobody looks at the request's bytes once it is answered: they may be overwritten then. */
  readonly forgetsRequest?: true
  /**
   * Answers, at once or later; undefined sends nothing. Throwing (or rejecting with) {@link CloseConnectionError} ends the
   * connection without an answer, as does any other error, which is a bug and reported as one.
   */
  handle(request: Request, context: RequestContext): Answer | undefined | Promise<Answer | undefined>
}

/** Kafka's way to refuse what has no error code to say it with. */
export class CloseConnectionError extends MillraceError {
  readonly code = 'CLOSE_CONNECTION'
}
