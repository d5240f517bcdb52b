/** An armed timer. Cancelling one that has fired or was cancelled does nothing. */
export interface Timer {
  cancel(): void
}

/** What a 32-bit count of milliseconds can hold: 24.8 days. */
export const LONGEST_DELAY_MS = 2 ** 31 - 1

/** Deferred calls. Callbacks run one at a time on the event loop; an exception in one ends the process as it would in Node. */
export interface Timers {
  /** Calls `callback` once after `delayMs` of monotonic time; less than 1 counts as 1, more than {@link LONGEST_DELAY_MS} is cut to it. */
  after(delayMs: number, callback: () => void): Timer
  /** Calls `callback` in a later turn of the event loop, after I/O that is already pending has had its chance. */
  soon(callback: () => void): void
  /** Resolves after `delayMs`; rejects with the signal's reason as soon as `signal` aborts. */
  sleep(delayMs: number, signal?: AbortSignal): Promise<void>
}
