import { ErrorCode } from '@millrace/protocol'
import { describe, expect, test } from 'vitest'
import {
  MEMBERSHIP_MOVES,
  type MembershipEvent,
  type MembershipState,
  memberReaction,
  nextState,
} from '../../../../src/consumer/group/classic/membership-states.ts'

const STATES = Object.keys(MEMBERSHIP_MOVES) as MembershipState[]
const EVENTS = [...new Set(STATES.flatMap(state => Object.keys(MEMBERSHIP_MOVES[state])))] as MembershipEvent[]

describe.each(STATES)('%s', state => {
  test.each(EVENTS)('%s', event => {
    const next = MEMBERSHIP_MOVES[state][event]
    if (next === undefined) expect(() => nextState(state, event)).toThrow(`${event} cannot happen in state ${state}`)
    else expect(nextState(state, event)).toBe(next)
  })
  test('can be left by removal', () => {
    expect(nextState(state, 'removed')).toBe('Unjoined')
  })
})
test('every state can be reached', () => {
  const reached = new Set<MembershipState>(['Unjoined'])
  for (const state of reached) for (const next of Object.values(MEMBERSHIP_MOVES[state])) reached.add(next)
  expect([...reached].sort()).toEqual([...STATES].sort())
})
test.each([
  ['NONE', 'none'],
  ['REBALANCE_IN_PROGRESS', 'rejoin'],
  ['ILLEGAL_GENERATION', 'loseGeneration'],
  ['UNKNOWN_MEMBER_ID', 'loseMembership'],
  ['MEMBER_ID_REQUIRED', 'takeMemberId'],
  ['NOT_COORDINATOR', 'findCoordinator'],
  ['COORDINATOR_LOAD_IN_PROGRESS', 'retry'],
  ['FENCED_INSTANCE_ID', 'fatal'],
  ['INCONSISTENT_GROUP_PROTOCOL', 'fatal'],
] as const)('%s: %s', (name, reaction) => {
  expect(memberReaction(ErrorCode[name])).toBe(reaction)
})
