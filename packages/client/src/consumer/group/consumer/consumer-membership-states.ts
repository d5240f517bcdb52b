/** The life of a member of a group whose coordinator divides the partitions (KIP-848), and what error codes mean. Tables. */
import { ErrorCode, kafkaErrorOf } from '@millrace/protocol'
import { IllegalMoveError } from '../../../errors/client-errors.ts'

export type ConsumerMemberState =
  /** Outside of the group: never joined, left, or thrown out. */
  | 'Unjoined'
  /** A heartbeat with epoch 0 is on its way, or will be. */
  | 'Joining'
  /** The coordinator wants other partitions to be held than the application holds. */
  | 'Reconciling'
  /** The application holds what it should, and the coordinator has not been told. */
  | 'Acknowledging'
  | 'Stable'

export type ConsumerMemberEvent =
  | 'joinWanted'
  /** The coordinator has answered with an assignment that is not what the application holds. */
  | 'assigned'
  /** The application holds what it should. */
  | 'reconciled'
  /** The coordinator has heard of everything. */
  | 'acknowledged'
  /** The group goes on without this member, or this member without the group. */
  | 'removed'

/** Every legal move. A missing cell is an illegal move. */
export const CONSUMER_MEMBER_MOVES: Record<
  ConsumerMemberState,
  Partial<Record<ConsumerMemberEvent, ConsumerMemberState>>
> = {
  Unjoined: { joinWanted: 'Joining', removed: 'Unjoined' },
  Joining: { assigned: 'Reconciling', acknowledged: 'Stable', removed: 'Unjoined' },
  Reconciling: {
    assigned: 'Reconciling',
    reconciled: 'Acknowledging',
    acknowledged: 'Reconciling',
    removed: 'Unjoined',
  },
  Acknowledging: { assigned: 'Reconciling', acknowledged: 'Stable', removed: 'Unjoined' },
  Stable: { assigned: 'Reconciling', acknowledged: 'Stable', removed: 'Unjoined' },
}

export function nextMemberState(state: ConsumerMemberState, event: ConsumerMemberEvent): ConsumerMemberState {
  const next = CONSUMER_MEMBER_MOVES[state][event]
  if (next === undefined) throw new IllegalMoveError(state, event)
  return next
}

export type HeartbeatReaction =
  | 'none'
  /** The coordinator has given the partitions to others: join again, as a member without any. */
  | 'fenced'
  | 'findCoordinator'
  | 'retry'
  | 'fatal'

const REACTIONS: ReadonlyMap<number, HeartbeatReaction> = new Map<number, HeartbeatReaction>([
  [ErrorCode.NONE, 'none'],
  [ErrorCode.FENCED_MEMBER_EPOCH, 'fenced'],
  [ErrorCode.UNKNOWN_MEMBER_ID, 'fenced'],
  [ErrorCode.NOT_COORDINATOR, 'findCoordinator'],
  [ErrorCode.COORDINATOR_NOT_AVAILABLE, 'findCoordinator'],
])

/** To an error code in the answer to ConsumerGroupHeartbeat. */
export function heartbeatReaction(errorCode: number): HeartbeatReaction {
  return REACTIONS.get(errorCode) ?? (kafkaErrorOf(errorCode).retriable ? 'retry' : 'fatal')
}
