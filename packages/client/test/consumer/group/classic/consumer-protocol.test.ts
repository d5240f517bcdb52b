import { ConsumerProtocolSubscription, encodeWithVersion } from '@millrace/protocol'
import { expect, test } from 'vitest'
import {
  decodeAssignment,
  decodeSubscription,
  encodeAssignment,
  encodeSubscription,
} from '../../../../src/consumer/group/classic/consumer-protocol.ts'

const owned = [
  { topic: 't', partition: 0 },
  { topic: 't', partition: 2 },
  { topic: 'u', partition: 1 },
]
test('a subscription survives the way through the coordinator', () => {
  const subscription = {
    topics: ['b', 'a'],
    userData: Buffer.from('x'),
    ownedPartitions: owned,
    generationId: 3,
    rackId: 'r',
  }
  expect(decodeSubscription('m', 'i', encodeSubscription(subscription))).toEqual({
    ...subscription,
    topics: ['a', 'b'],
    memberId: 'm',
    groupInstanceId: 'i',
  })
})
test('what an old client sends is understood', () => {
  const bytes = encodeWithVersion(ConsumerProtocolSubscription, { topics: ['t'] }, 0)
  expect(decodeSubscription('m', null, bytes)).toMatchObject({ topics: ['t'], ownedPartitions: [], generationId: -1 })
})
test('a version of the future is read as the newest known', () => {
  const bytes = encodeSubscription({
    topics: ['t'],
    userData: null,
    ownedPartitions: [],
    generationId: 1,
    rackId: null,
  })
  bytes.writeInt16BE(9)
  expect(decodeSubscription('m', null, bytes).topics).toEqual(['t'])
})
test('an assignment survives too, and no bytes are no partitions', () => {
  expect(decodeAssignment(encodeAssignment(owned))).toEqual(owned)
  expect(decodeAssignment(Buffer.alloc(0))).toEqual([])
})
test.each([Buffer.from('00'), Buffer.from('ffff', 'hex'), Buffer.from('0000000000ff', 'hex')])(
  '%s is refused',
  bytes => {
    expect(() => decodeAssignment(bytes)).toThrow(expect.objectContaining({ code: 'MALFORMED_MESSAGE' }))
  },
)
