/** OAUTHBEARER (RFC 7628, KIP-255): a token from elsewhere proves who the client is. */
import type { Clock, Random } from '@millrace/platform'
import { AuthenticationError, type SaslMechanism } from './sasl-exchange.ts'

export interface OAuthBearerToken {
  /** A JWT most of the time; opaque to the client. */
  readonly value: string
  /** End of its life, ms since the epoch. */
  readonly expiresAtMs: number
  /** SASL extensions (KIP-342), such as `logicalCluster`. */
  readonly extensions?: Readonly<Record<string, string>> | undefined
}

/** Fetches a token. Called when the last one is near its end; a rejection fails the connection attempt, which is repeated. */
export type OAuthBearerTokenProvider = () => Promise<OAuthBearerToken>

/** Share of a token's life after which connections use a new one, and how far clients spread (`sasl.login.refresh.window.*`). */
const REFRESH_WINDOW_FACTOR = 0.8
const REFRESH_WINDOW_JITTER = 0.05
/** Separates the parts of a message. */
const SEPARATOR = '\x01'
const TOKEN = /^[\x21-\x7e]+$/
const EXTENSION_NAME = /^[A-Za-z]+$/
const EXTENSION_VALUE = /^[\x21-\x7e \t\r\n]*$/

export function oauthBearer(
  provider: OAuthBearerTokenProvider,
  { clock, random }: { readonly clock: Clock; readonly random: Random },
): SaslMechanism {
  let current: Promise<OAuthBearerToken> | undefined
  let refreshAtMs = Number.NEGATIVE_INFINITY

  /** All connections share one token and one request for it. */
  function token(): Promise<OAuthBearerToken> {
    if (current !== undefined && clock.nowMs() < refreshAtMs) return current
    const asked = (async () => provider())()
    current = asked
    refreshAtMs = Number.POSITIVE_INFINITY
    asked.then(
      ({ expiresAtMs }) => {
        const nowMs = clock.nowMs()
        const factor = REFRESH_WINDOW_FACTOR + REFRESH_WINDOW_JITTER * random.next()
        if (current === asked) refreshAtMs = nowMs + (expiresAtMs - nowMs) * factor
      },
      () => {
        if (current === asked) current = undefined
      },
    )
    return asked
  }

  return {
    name: 'OAUTHBEARER',
    begin: host => ({
      async respond(challenge) {
        if (challenge === null) return firstMessage(host, await token())
        if (challenge.length === 0) return null
        // The broker has said why not, and waits for this before it refuses.
        current = undefined
        return Buffer.from(SEPARATOR)
      },
    }),
  }
}

function firstMessage(host: string, { value, extensions = {} }: OAuthBearerToken): Uint8Array {
  if (!TOKEN.test(value))
    throw new AuthenticationError(host, 'the token is empty or has characters that no token may have')
  let message = `n,,${SEPARATOR}auth=Bearer ${value}${SEPARATOR}`
  for (const [name, text] of Object.entries(extensions)) {
    if (!EXTENSION_NAME.test(name) || name === 'auth' || !EXTENSION_VALUE.test(text))
      throw new AuthenticationError(host, `${JSON.stringify(name)} is no SASL extension`)
    message += `${name}=${text}${SEPARATOR}`
  }
  return Buffer.from(message + SEPARATOR)
}
