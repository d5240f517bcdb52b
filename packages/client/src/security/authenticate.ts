import { APIS, type Api, ErrorCode, KafkaError } from '@millrace/protocol'
import { AuthenticationError, type SaslMechanism } from './sasl-exchange.ts'

/** Messages in a conversation; every mechanism needs far fewer. */
const MAX_ROUNDS = 20

/** One request of the conversation. */
export type AuthenticationRequest = <Input, Response>(
  api: Api<unknown, Input, Response>,
  input: Input,
) => Promise<Response>

export interface AuthenticationTarget {
  readonly host: string
  /** For errors. */
  readonly name: string
}

/**
 * Proves to a broker who this client is (KIP-43, KIP-152). Returns how long the broker takes its word for it, in ms; 0:
 * for good (KIP-368). Rejects with {@link AuthenticationError} and with what the requests reject with.
 */
export async function authenticate(
  request: AuthenticationRequest,
  mechanism: SaslMechanism,
  { host, name }: AuthenticationTarget,
): Promise<number> {
  const { errorCode, mechanisms } = await request(APIS.SaslHandshake, { mechanism: mechanism.name })
  if (errorCode !== ErrorCode.NONE)
    throw new AuthenticationError(name, handshakeRefusal(errorCode, mechanism, mechanisms))
  const exchange = mechanism.begin(host)
  let authBytes = await exchange.respond(null)
  let sessionLifetimeMs = 0
  for (let round = 0; authBytes !== null; round++) {
    if (round === MAX_ROUNDS) throw new AuthenticationError(name, `no end after ${MAX_ROUNDS} messages`)
    const answer = await request(APIS.SaslAuthenticate, { authBytes: Buffer.from(authBytes) })
    if (answer.errorCode !== ErrorCode.NONE) {
      const cause = new KafkaError(answer.errorCode)
      throw new AuthenticationError(name, answer.errorMessage || cause.message, { cause })
    }
    sessionLifetimeMs = answer.sessionLifetimeMs
    authBytes = await exchange.respond(answer.authBytes)
  }
  return sessionLifetimeMs
}

function handshakeRefusal(errorCode: number, { name }: SaslMechanism, offered: readonly string[]): string {
  switch (errorCode) {
    case ErrorCode.UNSUPPORTED_SASL_MECHANISM:
      return `it does not offer ${name}, but ${offered.join(', ') || 'no mechanism'}`
    case ErrorCode.ILLEGAL_SASL_STATE:
      return 'this listener has no SASL: set securityProtocol to PLAINTEXT or SSL, or use another port'
    default:
      return new KafkaError(errorCode).message
  }
}
