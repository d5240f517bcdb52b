/** Base of every error Millrace throws on purpose. Callers match on `code`, never on `message`. */
export abstract class MillraceError extends Error {
  abstract readonly code: string
  /** True when the same call may succeed later with nothing changed by the caller. */
  readonly retriable: boolean = false
  override get name(): string {
    return this.constructor.name
  }
}
