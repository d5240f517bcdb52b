/** Where the application's own messages go; `console` will do. */
export interface Logger {
  info(message: string): void
  warn(message: string): void
  error(message: string): void
}

export const SILENT_LOGGER: Logger = { info() {}, warn() {}, error() {} }
