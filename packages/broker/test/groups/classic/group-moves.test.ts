import { describe, expect, test } from 'vitest'
import {
  GROUP_MOVES,
  type GroupEvent,
  type GroupState,
  IllegalMoveError,
  move,
} from '../../../src/groups/classic/group-moves.ts'

const EVENTS: GroupEvent[] = ['joined', 'left', 'emptied', 'joinPhaseEnded', 'synced', 'removed']
const illegal = null

/** State × event → next state, written out once more so that a slip in the table shows. */
const EXPECTED: Record<GroupState, (GroupState | null)[]> = {
  //                    joined                left                  emptied  joinPhaseEnded         synced    removed
  Empty: ['PreparingRebalance', illegal, illegal, illegal, illegal, 'Dead'],
  PreparingRebalance: ['PreparingRebalance', 'PreparingRebalance', 'Empty', 'CompletingRebalance', illegal, illegal],
  CompletingRebalance: ['PreparingRebalance', 'PreparingRebalance', illegal, illegal, 'Stable', illegal],
  Stable: ['PreparingRebalance', 'PreparingRebalance', illegal, illegal, illegal, illegal],
  Dead: [illegal, illegal, illegal, illegal, illegal, illegal],
}

describe('moves of a classic group', () => {
  const states = Object.keys(GROUP_MOVES) as GroupState[]
  const cells = states.flatMap(state => EVENTS.map((event, index) => ({ state, event, next: EXPECTED[state][index]! })))
  test.each(cells)('$state + $event → $next', ({ state, event, next }) => {
    if (next === illegal) expect(() => move(state, event)).toThrow(IllegalMoveError)
    else expect(move(state, event)).toBe(next)
  })
})
