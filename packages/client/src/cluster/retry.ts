/** When a failed attempt is worth another one, and what has to be found out anew before it: in one place for all calls. */
import type { Platform } from '@millrace/platform'
import { ErrorCode, KafkaError, MillraceError } from '@millrace/protocol'
import type { Backoff } from '../connection/backoff.ts'
import type { TimeLimit } from '../connection/time-limit.ts'
import { TimeoutError } from '../errors/client-errors.ts'

/** What an error code says about this client's knowledge of the cluster. */
const STALE_KNOWLEDGE: ReadonlyMap<number, 'metadata' | 'coordinator'> = new Map<number, 'metadata' | 'coordinator'>([
  [ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, 'metadata'],
  [ErrorCode.LEADER_NOT_AVAILABLE, 'metadata'],
  [ErrorCode.NOT_LEADER_OR_FOLLOWER, 'metadata'],
  [ErrorCode.REPLICA_NOT_AVAILABLE, 'metadata'],
  [ErrorCode.LISTENER_NOT_FOUND, 'metadata'],
  [ErrorCode.NOT_CONTROLLER, 'metadata'],
  [ErrorCode.KAFKA_STORAGE_ERROR, 'metadata'],
  [ErrorCode.FENCED_LEADER_EPOCH, 'metadata'],
  [ErrorCode.UNKNOWN_LEADER_EPOCH, 'metadata'],
  [ErrorCode.UNKNOWN_TOPIC_ID, 'metadata'],
  [ErrorCode.INCONSISTENT_TOPIC_ID, 'metadata'],
  [ErrorCode.COORDINATOR_NOT_AVAILABLE, 'coordinator'],
  [ErrorCode.NOT_COORDINATOR, 'coordinator'],
])

/** What has to be learned again before the next attempt can do better; null if the attempt may simply be repeated. */
export function staleKnowledgeOf(error: unknown): 'metadata' | 'coordinator' | null {
  if (error instanceof KafkaError) return STALE_KNOWLEDGE.get(error.errorCode) ?? null
  // A broker that does not answer may have lost its partitions and groups to another one.
  return isRetriable(error) ? 'metadata' : null
}

export function isRetriable(error: unknown): boolean {
  return error instanceof MillraceError && error.retriable
}

/**
 * Calls `attempt` until it succeeds or fails for good. Between attempts: `recover` (which may find a new leader), then
 * the backoff. Rejects with the last error if it cannot be retried, with {@link TimeoutError} when the time is over,
 * and with the signal's reason.
 */
export async function retrying<T>(
  operation: string,
  seams: Pick<Platform, 'clock' | 'timers'>,
  backoff: Backoff,
  limit: TimeLimit,
  attempt: (remaining: TimeLimit) => Promise<T>,
  recover?: (error: unknown, remaining: TimeLimit) => Promise<void>,
): Promise<T> {
  const { signal } = limit
  const deadlineMs = seams.clock.monotonicMs() + limit.timeoutMs
  let failure: unknown
  for (let failures = 0; ; ) {
    signal?.throwIfAborted()
    const remaining = { timeoutMs: Math.max(deadlineMs - seams.clock.monotonicMs(), 1), signal }
    try {
      return await attempt(remaining)
    } catch (error) {
      if (signal?.aborted === true || !isRetriable(error)) throw error
      failures++
      // That the rest of the time was too short says less than what went wrong before.
      if (failure === undefined || !(error instanceof TimeoutError)) failure = error
      const delayMs = backoff.delayMs(failures)
      if (seams.clock.monotonicMs() + delayMs >= deadlineMs)
        throw new TimeoutError(operation, limit.timeoutMs, { cause: failure })
      await seams.timers.sleep(delayMs, signal)
      if (recover !== undefined)
        await recover(error, { timeoutMs: Math.max(deadlineMs - seams.clock.monotonicMs(), 1), signal })
    }
  }
}
