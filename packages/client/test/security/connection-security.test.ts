import { join } from 'node:path'
import { realPlatform } from '@millrace/platform'
import { expect, test } from 'vitest'
import { CONNECTION_CONFIG } from '../../src/config/connection-config.ts'
import { parseOptions } from '../../src/config/options.ts'
import { connectionSecurity, type SecurityOptions } from '../../src/security/connection-security.ts'

const platform = realPlatform()
const certificates = join(import.meta.dirname, 'certificates')
const secure = (options: Record<string, unknown>, others: SecurityOptions = {}) =>
  connectionSecurity(parseOptions(CONNECTION_CONFIG, options).values, others, platform)

test('is nothing by default', () => {
  expect(secure({})).toEqual({})
})
test.each([
  [{ securityProtocol: 'SASL_SSL', saslMechanism: 'PLAIN', saslUsername: 'u', saslPassword: 'p' }, 'PLAIN'],
  [{ securityProtocol: 'SASL_PLAINTEXT', saslMechanism: 'SCRAM-SHA-512', saslUsername: 'u' }, 'SCRAM-SHA-512'],
  [{ securityProtocol: 'SASL_PLAINTEXT', saslMechanism: 'PLAIN', saslJaasConfig: 'M required username=u;' }, 'PLAIN'],
])('%j', (options, name) => {
  const { sasl, tls } = secure(options)
  expect(sasl?.name).toBe(name)
  expect(tls !== undefined).toBe(options.securityProtocol.endsWith('SSL'))
})
test('takes functions for OAUTHBEARER and for mechanisms of others', () => {
  const options = { securityProtocol: 'SASL_SSL', saslMechanism: 'OAUTHBEARER' }
  const oauthBearerTokenProvider = async () => ({ value: 'a', expiresAtMs: 1 })
  expect(secure(options, { oauthBearerTokenProvider }).sasl?.name).toBe('OAUTHBEARER')
  const saslClient = { name: 'GSSAPI', begin: () => ({ respond: () => null }) }
  expect(secure({ securityProtocol: 'SASL_SSL' }, { saslClient }).sasl).toBe(saslClient)
})
test('reads certificates from files and from settings', () => {
  const { tls } = secure({
    securityProtocol: 'SSL',
    sslTruststoreLocation: join(certificates, 'ca.pem'),
    sslKeystoreLocation: join(certificates, 'client.p12'),
    sslKeystoreType: 'PKCS12',
    sslKeystorePassword: 'secret',
    sslEndpointIdentificationAlgorithm: '',
    sslEnabledProtocols: 'TLSv1.3',
  })
  expect(tls).toMatchObject({
    passphrase: 'secret',
    verifiesHostname: false,
    minVersion: 'TLSv1.3',
    maxVersion: 'TLSv1.3',
  })
  expect(String(tls?.certificateAuthorities)).toContain('BEGIN CERTIFICATE')
  const inline = secure({ securityProtocol: 'SSL', sslKeystoreCertificateChain: 'C', sslKeystoreKey: 'K' }).tls
  expect(inline).toMatchObject({ certificateChain: 'C', privateKey: 'K', minVersion: 'TLSv1.2', maxVersion: 'TLSv1.3' })
})
test.each([
  [{ securityProtocol: 'SASL_SSL' }, 'saslClient'],
  [{ securityProtocol: 'SASL_SSL', saslMechanism: 'DIGEST-MD5' }, 'DIGEST-MD5'],
  [{ securityProtocol: 'SASL_SSL', saslMechanism: 'PLAIN' }, 'needs a username'],
  [{ securityProtocol: 'SASL_SSL', saslMechanism: 'OAUTHBEARER' }, 'oauthBearerTokenProvider'],
  [{ securityProtocol: 'TLS' }, 'must be one of'],
  [{ securityProtocol: 'SSL', sslTruststoreLocation: '/nowhere.pem' }, 'cannot be read'],
  [{ securityProtocol: 'SSL', sslTruststoreType: 'JKS' }, 'must be one of PEM'],
  [{ securityProtocol: 'SSL', sslKeystoreKey: 'K' }, 'go together'],
  [{ securityProtocol: 'SSL', sslEnabledProtocols: [] }, 'must name a version'],
])('refuses %j', (options, reason) => {
  expect(() => secure(options)).toThrow(reason)
})
test('errors hide passwords', () => {
  expect(() => secure({ securityProtocol: 'SSL', saslPassword: 12345 })).toThrow(/\[hidden\]/)
})
