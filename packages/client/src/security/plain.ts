import type { SaslMechanism } from './sasl-exchange.ts'

/** RFC 4616. The password travels as it is: use it over TLS. */
export function plain(username: string, password: string): SaslMechanism {
  return {
    name: 'PLAIN',
    begin: () => ({ respond: challenge => (challenge === null ? Buffer.from(`\0${username}\0${password}`) : null) }),
  }
}
