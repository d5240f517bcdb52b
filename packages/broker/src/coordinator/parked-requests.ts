import { ErrorCode } from '@millrace/protocol'
import { joinError, syncError } from '../groups/classic/membership.ts'
import type { JoinAnswer, Reply, SyncAnswer } from '../groups/decision.ts'

/** No longer parked; to be answered once, one way or the other. */
export interface TakenRequest {
  deliver(): void
  refuse(errorCode: ErrorCode): void
}

/** Requests of one group that wait for an answer: a join and a sync per member at most. */
export class ParkedRequests {
  private readonly joins = new Map<string, (answer: JoinAnswer) => void>()
  private readonly syncs = new Map<string, (answer: SyncAnswer) => void>()

  /** A member that asks again while its first request is parked has given that one up. */
  join(memberId: string): Promise<JoinAnswer> {
    this.joins.get(memberId)?.(joinError(memberId, ErrorCode.REBALANCE_IN_PROGRESS))
    return new Promise(resolve => this.joins.set(memberId, resolve))
  }
  sync(memberId: string): Promise<SyncAnswer> {
    this.syncs.get(memberId)?.(syncError(ErrorCode.REBALANCE_IN_PROGRESS))
    return new Promise(resolve => this.syncs.set(memberId, resolve))
  }

  /** Takes the request that `reply` is for out of the wait. */
  take(reply: Reply): TakenRequest {
    if ('join' in reply) {
      const answer = this.joins.get(reply.to)
      this.joins.delete(reply.to)
      return {
        deliver: () => answer?.(reply.join),
        refuse: errorCode => answer?.(joinError(reply.to, errorCode)),
      }
    }
    const answer = this.syncs.get(reply.to)
    this.syncs.delete(reply.to)
    return { deliver: () => answer?.(reply.sync), refuse: errorCode => answer?.(syncError(errorCode)) }
  }

  /** Answers everything with one error. */
  refuseAll(errorCode: ErrorCode): void {
    for (const [memberId, answer] of this.joins) answer(joinError(memberId, errorCode))
    for (const answer of this.syncs.values()) answer(syncError(errorCode))
    this.joins.clear()
    this.syncs.clear()
  }
}
