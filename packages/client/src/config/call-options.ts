/** Of calls that may take long. */
export interface CallOptions {
  /** `defaultApiTimeoutMs` by default. */
  readonly timeoutMs?: number | undefined
  readonly signal?: AbortSignal | undefined
}
