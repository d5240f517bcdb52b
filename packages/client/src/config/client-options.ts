import { type Platform, realPlatform } from '@millrace/platform'
import type { ClientKind } from '../observability/client-events.ts'
import { ClientTelemetry } from '../observability/client-telemetry.ts'
import { type Logger, SILENT } from '../observability/logger.ts'
import {
  type ConnectionSecurity,
  connectionSecurity,
  SECURITY_OPTIONS,
  type SecurityOptions,
} from '../security/connection-security.ts'
import type { CONNECTION_CONFIG } from './connection-config.ts'
import type { ParsedOptions } from './options.ts'
import type { PlatformOption } from './platform-option.ts'

/** What every client takes besides the settings of its table. */
export interface ClientOptions extends PlatformOption, SecurityOptions {
  /** Where the client tells what no call tells; pino and its like. Silent by default. */
  readonly logger?: Logger | undefined
}
/** The names of {@link ClientOptions}. */
export const CLIENT_OPTIONS: readonly string[] = [
  'platform',
  'logger',
  ...SECURITY_OPTIONS,
] satisfies (keyof ClientOptions)[]

/** What a client is made in. */
export interface ClientSurroundings {
  readonly platform: Platform
  readonly security: ConnectionSecurity
  readonly telemetry: ClientTelemetry
}

/** Throws what {@link connectionSecurity} throws. */
export function clientSurroundings(
  kind: ClientKind,
  settings: ParsedOptions<typeof CONNECTION_CONFIG>,
  options: ClientOptions,
): ClientSurroundings {
  const { platform = realPlatform(), logger = SILENT } = options
  return {
    platform,
    security: connectionSecurity(settings, options, platform),
    telemetry: new ClientTelemetry(kind, settings.clientId, logger, platform.clock),
  }
}
