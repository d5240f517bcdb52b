/** What a SASL mechanism is to a connection (RFC 4422): a name, and a conversation per connection. */
import { MillraceError } from '@millrace/protocol'

export interface SaslMechanism {
  /** As brokers list it in `sasl.enabled.mechanisms`. */
  readonly name: string
  /** A new conversation with the broker at `host`. */
  begin(host: string): SaslExchange
}

export interface SaslExchange {
  /**
   * Answers what the broker said; null is the beginning. Returns null when nothing is left to say, which the broker must
   * have agreed to by then. May throw: {@link AuthenticationError} if the broker does not prove what it should.
   */
  respond(challenge: Buffer | null): Uint8Array | null | Promise<Uint8Array | null>
}

/** The broker does not accept who this client says it is, or is not who it should be. No retry mends it. */
export class AuthenticationError extends MillraceError {
  readonly code = 'AUTHENTICATION_FAILED'
  constructor(
    readonly broker: string,
    reason: string,
    options?: ErrorOptions,
  ) {
    super(`authentication with ${broker || 'the broker'} failed: ${reason}`, options)
  }
}
