/** The life of a member of a classic group, and what error codes mean for it. Pure tables. */
import { ErrorCode, kafkaErrorOf } from '@millrace/protocol'
import { IllegalMoveError } from '../../../errors/client-errors.ts'

export type MembershipState =
  /** In no generation: never joined, left, or thrown out. */
  | 'Unjoined'
  /** A member of a generation that is over: gives up its partitions, then joins again. */
  | 'Preparing'
  /** JoinGroup is waiting for the other members. */
  | 'Joining'
  /** SyncGroup is waiting for the leader's assignment. */
  | 'Syncing'
  /** The assignment is there and the application has not heard of it. */
  | 'Assigned'
  | 'Stable'

export type MembershipEvent =
  | 'joinSent'
  | 'joined'
  | 'synced'
  | 'accepted'
  /** The coordinator, or a change of subscription, asks for another rebalance. */
  | 'rebalance'
  /** A request of the rebalance failed; the member may try again. */
  | 'failed'
  /** The group goes on without this member, or this member without the group. */
  | 'removed'

/** Every legal move. A missing cell is an illegal move. */
export const MEMBERSHIP_MOVES: Record<MembershipState, Partial<Record<MembershipEvent, MembershipState>>> = {
  Unjoined: { joinSent: 'Joining', rebalance: 'Unjoined', removed: 'Unjoined' },
  Preparing: { joinSent: 'Joining', rebalance: 'Preparing', removed: 'Unjoined' },
  Joining: { joined: 'Syncing', failed: 'Preparing', rebalance: 'Preparing', removed: 'Unjoined' },
  Syncing: { synced: 'Assigned', failed: 'Preparing', rebalance: 'Preparing', removed: 'Unjoined' },
  Assigned: { accepted: 'Stable', rebalance: 'Preparing', removed: 'Unjoined' },
  Stable: { rebalance: 'Preparing', removed: 'Unjoined' },
}

export function nextState(state: MembershipState, event: MembershipEvent): MembershipState {
  const next = MEMBERSHIP_MOVES[state][event]
  if (next === undefined) throw new IllegalMoveError(state, event)
  return next
}

/** Heartbeats keep a member alive while it is in a generation. During a join the coordinator waits for the join itself. */
export const SENDS_HEARTBEATS: Record<MembershipState, boolean> = {
  Unjoined: false,
  Preparing: true,
  Joining: false,
  Syncing: true,
  Assigned: true,
  Stable: true,
}

export type MemberReaction =
  | 'none'
  /** Same member, next generation. */
  | 'rejoin'
  /** The generation is over for this member, which keeps its id. */
  | 'loseGeneration'
  /** The coordinator does not know the member: join as a new one. */
  | 'loseMembership'
  /** Join again with the id in the answer (KIP-394). */
  | 'takeMemberId'
  | 'findCoordinator'
  | 'retry'
  | 'fatal'

const REACTIONS: ReadonlyMap<number, MemberReaction> = new Map<number, MemberReaction>([
  [ErrorCode.NONE, 'none'],
  [ErrorCode.REBALANCE_IN_PROGRESS, 'rejoin'],
  [ErrorCode.ILLEGAL_GENERATION, 'loseGeneration'],
  [ErrorCode.UNKNOWN_MEMBER_ID, 'loseMembership'],
  [ErrorCode.MEMBER_ID_REQUIRED, 'takeMemberId'],
  [ErrorCode.NOT_COORDINATOR, 'findCoordinator'],
  [ErrorCode.COORDINATOR_NOT_AVAILABLE, 'findCoordinator'],
])

/** To an error code in the answer to JoinGroup, SyncGroup, Heartbeat or OffsetCommit. */
export function memberReaction(errorCode: number): MemberReaction {
  return REACTIONS.get(errorCode) ?? (kafkaErrorOf(errorCode).retriable ? 'retry' : 'fatal')
}
