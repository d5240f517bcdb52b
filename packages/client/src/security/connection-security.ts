import type { Platform, TlsClientSettings, TlsVersion } from '@millrace/platform'
import { InvalidConfigError } from '@millrace/protocol'
import type { ParsedOptions } from '../config/options.ts'
import { ContradictingSettingsError } from '../errors/client-errors.ts'
import { parseJaasConfig } from './jaas-config.ts'
import { type OAuthBearerTokenProvider, oauthBearer } from './oauth-bearer.ts'
import { plain } from './plain.ts'
import type { SaslMechanism } from './sasl-exchange.ts'
import { scram } from './scram.ts'
import type { SECURITY_CONFIG } from './security-config.ts'

/** Options that no table can hold. */
export interface SecurityOptions {
  /** Needed for `saslMechanism: 'OAUTHBEARER'`. */
  readonly oauthBearerTokenProvider?: OAuthBearerTokenProvider | undefined
  /** A mechanism of one's own, such as GSSAPI over a Kerberos library; takes the place of `saslMechanism`. */
  readonly saslClient?: SaslMechanism | undefined
}
/** The names of {@link SecurityOptions}. */
export const SECURITY_OPTIONS: readonly (keyof SecurityOptions)[] = ['oauthBearerTokenProvider', 'saslClient']

/** What every connection of a client does first. */
export interface ConnectionSecurity {
  readonly tls?: TlsClientSettings
  readonly sasl?: SaslMechanism
}

type SecuritySettings = ParsedOptions<typeof SECURITY_CONFIG>
type Seams = Pick<Platform, 'clock' | 'random' | 'files'>

/** Reads the files that settings name. Throws `InvalidConfigError` and `ContradictingSettingsError`, code INVALID_CONFIG. */
export function connectionSecurity(
  settings: SecuritySettings,
  options: SecurityOptions,
  seams: Seams,
): ConnectionSecurity {
  const { securityProtocol } = settings
  return {
    ...(securityProtocol.endsWith('SSL') ? { tls: tlsSettings(settings, seams) } : {}),
    ...(securityProtocol.startsWith('SASL') ? { sasl: saslMechanism(settings, options, seams) } : {}),
  }
}

function saslMechanism(settings: SecuritySettings, options: SecurityOptions, seams: Seams): SaslMechanism {
  const { saslMechanism: name } = settings
  const { saslClient, oauthBearerTokenProvider } = options
  if (saslClient !== undefined) return saslClient
  switch (name) {
    case 'PLAIN': {
      const { username, password } = credentials(settings)
      return plain(username, password)
    }
    case 'SCRAM-SHA-256':
    case 'SCRAM-SHA-512': {
      const { username, password } = credentials(settings)
      return scram(name, username, password, seams.random)
    }
    case 'OAUTHBEARER':
      if (oauthBearerTokenProvider !== undefined) return oauthBearer(oauthBearerTokenProvider, seams)
      throw new ContradictingSettingsError(
        ['saslMechanism', 'oauthBearerTokenProvider'],
        'OAUTHBEARER needs a function that fetches tokens',
      )
    default:
      throw new InvalidConfigError(
        'sasl.mechanism',
        name,
        'must be PLAIN, SCRAM-SHA-256, SCRAM-SHA-512 or OAUTHBEARER, or give the mechanism itself as saslClient',
      )
  }
}

function credentials({ saslUsername, saslPassword, saslJaasConfig, saslMechanism: name }: SecuritySettings) {
  const found =
    saslJaasConfig === '' ? { username: saslUsername, password: saslPassword } : parseJaasConfig(saslJaasConfig)
  if (found.username !== '') return found
  throw new ContradictingSettingsError(['saslMechanism', 'saslUsername'], `${name} needs a username and a password`)
}

function tlsSettings(settings: SecuritySettings, { files }: Seams): TlsClientSettings {
  const read = (setting: string, path: string): Buffer => {
    try {
      return files.read(path)
    } catch (error) {
      throw new InvalidConfigError(setting, path, `cannot be read: ${(error as Error).message}`)
    }
  }
  const { sslTruststoreCertificates, sslTruststoreLocation, sslCipherSuites } = settings
  const authorities =
    sslTruststoreCertificates || (sslTruststoreLocation && read('ssl.truststore.location', sslTruststoreLocation))
  return {
    ...(authorities === '' ? {} : { certificateAuthorities: authorities }),
    ...ownCertificate(settings, read),
    ...(sslCipherSuites.length === 0 ? {} : { cipherSuites: sslCipherSuites }),
    verifiesHostname: settings.sslEndpointIdentificationAlgorithm === 'https',
    ...versions(settings.sslEnabledProtocols),
  }
}

function ownCertificate(
  settings: SecuritySettings,
  read: (setting: string, path: string) => Buffer,
): Partial<TlsClientSettings> {
  const { sslKeystoreCertificateChain, sslKeystoreKey, sslKeystoreLocation, sslKeyPassword, sslKeystorePassword } =
    settings
  const passphrase = sslKeyPassword || sslKeystorePassword
  const withPassphrase = passphrase === '' ? {} : { passphrase }
  if (sslKeystoreLocation !== '') {
    const store = read('ssl.keystore.location', sslKeystoreLocation)
    if (settings.sslKeystoreType === 'PKCS12') return { keyStore: store, ...withPassphrase }
    return { certificateChain: store, privateKey: store, ...withPassphrase }
  }
  if (sslKeystoreCertificateChain === '' && sslKeystoreKey === '') return {}
  if (sslKeystoreCertificateChain === '' || sslKeystoreKey === '')
    throw new ContradictingSettingsError(
      ['sslKeystoreCertificateChain', 'sslKeystoreKey'],
      'a certificate and its key go together',
    )
  return { certificateChain: sslKeystoreCertificateChain, privateKey: sslKeystoreKey, ...withPassphrase }
}

function versions(enabled: readonly TlsVersion[]): Pick<TlsClientSettings, 'minVersion' | 'maxVersion'> {
  const ordered = [...enabled].sort()
  const [minVersion] = ordered
  const maxVersion = ordered.at(-1)
  if (minVersion === undefined || maxVersion === undefined)
    throw new InvalidConfigError('ssl.enabled.protocols', enabled, 'must name a version')
  return { minVersion, maxVersion }
}
