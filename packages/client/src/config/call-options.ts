/** Of calls that may take long. */
export interface CallOptions {
  /** `defaultApiTimeoutMs` by default, `maxBlockMs` for a producer. */
  readonly timeoutMs?: number | undefined
  readonly signal?: AbortSignal | undefined
}
