import { APIS, decode, ErrorCode, encode, type InputOf, type MetadataResponse } from '@millrace/protocol'
import { describe, expect, test } from 'vitest'
import { parseBootstrapServers } from '../../src/cluster/bootstrap-servers.ts'
import { Metadata } from '../../src/cluster/metadata.ts'

const ID = 'AAAAAAAAAAAAAAAAAAAAAQ'
const OTHER_ID = 'AAAAAAAAAAAAAAAAAAAAAg'

interface Leader {
  readonly leaderId: number
  readonly leaderEpoch: number
}
function answer(leaders: readonly Leader[], options: { topicId?: string; errorCode?: number } = {}): MetadataResponse {
  const { topicId = ID, errorCode = 0 } = options
  const input: InputOf<typeof MetadataResponse> = {
    brokers: [1, 2].map(nodeId => ({ nodeId, host: `broker-${nodeId}`, port: 9092 })),
    controllerId: 1,
    topics: [
      {
        errorCode,
        name: 'orders',
        topicId,
        partitions: leaders.map((leader, partitionIndex) => ({
          errorCode: 0,
          partitionIndex,
          ...leader,
          replicaNodes: [1, 2],
          isrNodes: [1],
        })),
      },
    ],
  }
  return decode(APIS.Metadata.response, encode(APIS.Metadata.response, input, 12), 12)
}

describe('metadata', () => {
  test('knows the name of a topic id until the topic is another one', () => {
    const metadata = new Metadata()
    metadata.update(answer([{ leaderId: 2, leaderEpoch: 5 }]), ['orders'])
    expect([metadata.nameOf(ID), metadata.nameOf(OTHER_ID)]).toEqual(['orders', undefined])
    metadata.update(answer([{ leaderId: 2, leaderEpoch: 0 }], { topicId: OTHER_ID }), ['orders'])
    expect([metadata.nameOf(ID), metadata.nameOf(OTHER_ID)]).toEqual([undefined, 'orders'])
    metadata.forget('orders')
    expect(metadata.nameOf(OTHER_ID)).toBeUndefined()
  })
  test('knows leaders, ids and names', () => {
    const metadata = new Metadata()
    metadata.update(answer([{ leaderId: 2, leaderEpoch: 5 }]), ['orders'])
    expect(metadata.leaderOf('orders', 0)?.host).toBe('broker-2')
    expect(metadata.leaderOf('orders', 1)).toBeUndefined()
    expect(metadata.topic('orders')?.topicId).toBe(ID)
  })
  test('a leader epoch never goes back', () => {
    const metadata = new Metadata()
    metadata.update(answer([{ leaderId: 2, leaderEpoch: 5 }]), ['orders'])
    metadata.update(answer([{ leaderId: 1, leaderEpoch: 4 }]), ['orders'])
    expect(metadata.partition('orders', 0)).toMatchObject({ leaderId: 2, leaderEpoch: 5 })
  })
  test('a topic created anew starts over', () => {
    const metadata = new Metadata()
    metadata.update(answer([{ leaderId: 2, leaderEpoch: 5 }]), ['orders'])
    metadata.update(answer([{ leaderId: 1, leaderEpoch: 0 }], { topicId: OTHER_ID }), ['orders'])
    expect(metadata.partition('orders', 0)).toMatchObject({ leaderId: 1, leaderEpoch: 0 })
    expect(metadata.topic('orders')?.topicId).toBe(OTHER_ID)
  })
  test('a broker that does not know a topic takes nothing away', () => {
    const metadata = new Metadata()
    metadata.update(answer([{ leaderId: 2, leaderEpoch: 5 }]), ['orders'])
    metadata.update(answer([], { errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION }), ['orders'])
    expect(metadata.topic('orders')?.partitions).toHaveLength(1)
    expect(metadata.errorOf('orders')).toBe(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
  })
  test('an answer about all topics forgets those that are gone', () => {
    const metadata = new Metadata()
    metadata.update(answer([{ leaderId: 2, leaderEpoch: 5 }]), ['orders'])
    metadata.update({ ...answer([]), topics: [] }, null)
    expect(metadata.topic('orders')).toBeUndefined()
  })
  test('names from outside do not reach the prototype', () => {
    const metadata = new Metadata()
    expect([metadata.topic('__proto__'), metadata.leaderOf('constructor', 0)]).toEqual([undefined, undefined])
  })
})

describe('bootstrap servers', () => {
  test.each([
    [['a:1'], [{ host: 'a', port: 1 }]],
    [
      [' a.example:9092 ', '127.0.0.1:65535'],
      [
        { host: 'a.example', port: 9092 },
        { host: '127.0.0.1', port: 65535 },
      ],
    ],
    [['[::1]:9092'], [{ host: '::1', port: 9092 }]],
  ])('%j', (servers, addresses) => {
    expect(parseBootstrapServers(servers)).toEqual(addresses)
  })
  test.each([[[]], [['a']], [['a:0']], [['a:65536']], [['::1:9092']], [['a b:1']], [['http://a:1']]])(
    '%j is refused',
    servers => {
      expect(() => parseBootstrapServers(servers)).toThrow(expect.objectContaining({ code: 'INVALID_CONFIG' }))
    },
  )
})
