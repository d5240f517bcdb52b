/** What the client asks of a logger; pino's, and every logger shaped like it. Fields first, then the message. */
export interface Logger {
  debug(fields: object, message: string): void
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}

/** By default nobody listens: what a call cannot tell its caller is on the diagnostics channels and in the metrics. */
export const SILENT: Logger = { debug() {}, info() {}, warn() {}, error() {} }
