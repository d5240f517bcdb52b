import { ErrorCode } from '@millrace/protocol'
import { describe, expect, test } from 'vitest'
import type { ConsumerGroup, ConsumerMember } from '../../../src/groups/consumer/consumer-group.ts'
import { newConsumerGroup, newConsumerMember } from '../../../src/groups/consumer/consumer-group.ts'
import {
  mayCommitToConsumerGroup,
  mayCommitToConsumerGroupInTransaction,
  mayFetchOffsets,
} from '../../../src/groups/consumer/consumer-offsets.ts'

const TOPIC = 'AAAAAAAAAAAAAAAAAAAAAg'
/** In epoch 5: has partition 0 since epoch 3, is giving 1 up, which it has since epoch 2. */
const member: ConsumerMember = {
  ...newConsumerMember('m'),
  memberEpoch: 5,
  assigned: new Map([[TOPIC, new Map([[0, 3]])]]),
  revoking: new Map([[TOPIC, new Map([[1, 2]])]]),
}
const classic: ConsumerMember = { ...member, memberId: 'c', classic: { sessionTimeoutMs: 1, protocols: [] } }
const group: ConsumerGroup = {
  ...newConsumerGroup('g'),
  members: new Map([
    ['m', member],
    ['c', classic],
  ]),
}
const by = (memberId: string, generationId: number, apiVersion = 9) => ({
  memberId,
  generationId,
  groupInstanceId: null,
  apiVersion,
})
const of = (...partitions: number[]) => partitions.map(partition => ({ topicId: TOPIC, partition }))

describe('OffsetCommit', () => {
  const rows = [
    { committer: by('m', 5), partitions: of(0, 7), expected: 'NONE' },
    { committer: by('m', 6), partitions: of(0), expected: 'STALE_MEMBER_EPOCH' },
    { committer: by('m', 3), partitions: of(0, 1), expected: 'NONE' },
    { committer: by('m', 2), partitions: of(1), expected: 'NONE' },
    { committer: by('m', 2), partitions: of(0), expected: 'STALE_MEMBER_EPOCH' },
    { committer: by('m', 4), partitions: of(7), expected: 'STALE_MEMBER_EPOCH' },
    { committer: by('m', 5, 8), partitions: of(0), expected: 'UNSUPPORTED_VERSION' },
    { committer: by('c', 5, 8), partitions: of(0), expected: 'NONE' },
    { committer: by('c', 6, 8), partitions: of(0), expected: 'ILLEGAL_GENERATION' },
    { committer: by('c', 1, 8), partitions: of(0), expected: 'ILLEGAL_GENERATION' },
    { committer: by('x', 5), partitions: of(0), expected: 'UNKNOWN_MEMBER_ID' },
    { committer: by('', -1), partitions: of(0), expected: 'UNKNOWN_MEMBER_ID' },
  ] as const
  test.each(rows)('of $committer.memberId in $committer.generationId, v$committer.apiVersion: $expected', row => {
    expect(mayCommitToConsumerGroup(group, row.committer, row.partitions)).toBe(ErrorCode[row.expected])
  })
  test('an administrator may commit when there is no member', () => {
    expect(mayCommitToConsumerGroup(newConsumerGroup('g'), by('', -1), of(0))).toBe(ErrorCode.NONE)
    expect(mayCommitToConsumerGroup(newConsumerGroup('g'), by('m', 1), of(0))).toBe(ErrorCode.UNKNOWN_MEMBER_ID)
  })
  test('in a transaction a producer need not be a member, and epochs are generations', () => {
    const mayCommit = (memberId: string, generationId: number) =>
      mayCommitToConsumerGroupInTransaction(group, by(memberId, generationId), of(0))
    expect(mayCommit('', -1)).toBe(ErrorCode.NONE)
    expect(mayCommit('m', 5)).toBe(ErrorCode.NONE)
    expect(mayCommit('m', 6)).toBe(ErrorCode.ILLEGAL_GENERATION)
    expect(mayCommit('x', 5)).toBe(ErrorCode.UNKNOWN_MEMBER_ID)
  })
})

test.each([
  { memberId: null, memberEpoch: -1, expected: 'NONE' },
  { memberId: 'm', memberEpoch: 5, expected: 'NONE' },
  { memberId: 'm', memberEpoch: 4, expected: 'STALE_MEMBER_EPOCH' },
  { memberId: 'c', memberEpoch: 4, expected: 'ILLEGAL_GENERATION' },
  { memberId: 'x', memberEpoch: 5, expected: 'UNKNOWN_MEMBER_ID' },
  { memberId: null, memberEpoch: 5, expected: 'UNKNOWN_MEMBER_ID' },
] as const)('OffsetFetch of $memberId in $memberEpoch: $expected', ({ memberId, memberEpoch, expected }) => {
  expect(mayFetchOffsets(group, memberId, memberEpoch)).toBe(ErrorCode[expected])
})
