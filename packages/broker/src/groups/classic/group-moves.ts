/** The life of a classic consumer group, as a table. Source: Apache Kafka, `ClassicGroupState`. */
import { MillraceError } from '@millrace/protocol'

export type GroupState = 'Empty' | 'PreparingRebalance' | 'CompletingRebalance' | 'Stable' | 'Dead'
export type GroupEvent = 'joined' | 'left' | 'emptied' | 'joinPhaseEnded' | 'synced' | 'removed'

/** Every legal move of a classic consumer group. A missing cell is an illegal move. */
export const GROUP_MOVES: Record<GroupState, Partial<Record<GroupEvent, GroupState>>> = {
  Empty: { joined: 'PreparingRebalance', removed: 'Dead' },
  PreparingRebalance: {
    joined: 'PreparingRebalance',
    left: 'PreparingRebalance',
    emptied: 'Empty',
    joinPhaseEnded: 'CompletingRebalance',
  },
  CompletingRebalance: { joined: 'PreparingRebalance', left: 'PreparingRebalance', synced: 'Stable' },
  Stable: { joined: 'PreparingRebalance', left: 'PreparingRebalance' },
  Dead: {},
}

/** Only a bug of ours makes one: requests that do not fit the state get an error code. */
export class IllegalMoveError extends MillraceError {
  readonly code = 'ILLEGAL_MOVE'
  constructor(
    readonly state: GroupState,
    readonly event: GroupEvent,
  ) {
    super(`a group that is ${state} has no move for ${event}`)
  }
}

/** Throws {@link IllegalMoveError}. */
export function move(state: GroupState, event: GroupEvent): GroupState {
  const next = GROUP_MOVES[state][event]
  if (next === undefined) throw new IllegalMoveError(state, event)
  return next
}
