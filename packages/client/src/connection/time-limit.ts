import type { Timers } from '@millrace/platform'

export interface TimeLimit {
  readonly timeoutMs: number
  readonly signal?: AbortSignal | undefined
}

/**
 * What `promise` settles to, unless the time or the signal comes first: then it rejects with `onTimeout()` or the
 * signal's reason, and what becomes of `promise` is no longer of interest.
 */
export function withTimeLimit<T>(
  timers: Timers,
  promise: Promise<T>,
  limit: TimeLimit,
  onTimeout: () => Error,
): Promise<T> {
  const { signal } = limit
  return new Promise<T>((resolve, reject) => {
    if (signal?.aborted === true) {
      promise.catch(() => {})
      reject(signal.reason)
      return
    }
    const timer = timers.after(limit.timeoutMs, () => {
      signal?.removeEventListener('abort', onAbort)
      reject(onTimeout())
    })
    const onAbort = () => {
      timer.cancel()
      reject(signal!.reason)
    }
    signal?.addEventListener('abort', onAbort, { once: true })
    const settled = () => {
      timer.cancel()
      signal?.removeEventListener('abort', onAbort)
    }
    promise.then(
      value => {
        settled()
        resolve(value)
      },
      error => {
        settled()
        reject(error)
      },
    )
  })
}
