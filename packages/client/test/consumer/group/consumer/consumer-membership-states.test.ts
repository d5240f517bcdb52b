import { ErrorCode } from '@millrace/protocol'
import { describe, expect, test } from 'vitest'
import {
  CONSUMER_MEMBER_MOVES,
  type ConsumerMemberEvent,
  type ConsumerMemberState,
  heartbeatReaction,
  nextMemberState,
} from '../../../../src/consumer/group/consumer/consumer-membership-states.ts'

const STATES = Object.keys(CONSUMER_MEMBER_MOVES) as ConsumerMemberState[]
const EVENTS = [...new Set(STATES.flatMap(state => Object.keys(CONSUMER_MEMBER_MOVES[state])))] as ConsumerMemberEvent[]

describe.each(STATES)('%s', state => {
  test.each(EVENTS)('%s', event => {
    const next = CONSUMER_MEMBER_MOVES[state][event]
    if (next !== undefined) expect(nextMemberState(state, event)).toBe(next)
    else expect(() => nextMemberState(state, event)).toThrow(`${event} cannot happen in state ${state}`)
  })
  test('can be left by removal', () => {
    expect(nextMemberState(state, 'removed')).toBe('Unjoined')
  })
})
test('every state can be reached', () => {
  const reached = new Set<ConsumerMemberState>(['Unjoined'])
  for (const state of reached) for (const next of Object.values(CONSUMER_MEMBER_MOVES[state])) reached.add(next)
  expect([...reached].sort()).toEqual([...STATES].sort())
})
test.each([
  ['NONE', 'none'],
  ['FENCED_MEMBER_EPOCH', 'fenced'],
  ['UNKNOWN_MEMBER_ID', 'fenced'],
  ['NOT_COORDINATOR', 'findCoordinator'],
  ['COORDINATOR_NOT_AVAILABLE', 'findCoordinator'],
  ['COORDINATOR_LOAD_IN_PROGRESS', 'retry'],
  ['UNSUPPORTED_ASSIGNOR', 'fatal'],
  ['UNRELEASED_INSTANCE_ID', 'fatal'],
  ['INVALID_REGULAR_EXPRESSION', 'fatal'],
  ['GROUP_MAX_SIZE_REACHED', 'fatal'],
] as const)('%s: %s', (name, reaction) => {
  expect(heartbeatReaction(ErrorCode[name])).toBe(reaction)
})
