import { expect, test } from 'vitest'
import { consumerSettings } from '../../src/consumer/consumer-config.ts'

const settings = (options: object) => consumerSettings({ bootstrapServers: 'b:1', ...options }, [])

test('the defaults are those of Kafka 4', () => {
  expect(settings({ groupId: 'g' })).toMatchObject({
    autoCommitIntervalMs: 5_000,
    autoOffsetReset: 'latest',
    checkCrcs: true,
    enableAutoCommit: true,
    fetchMaxBytes: 52_428_800,
    fetchMaxWaitMs: 500,
    fetchMinBytes: 1,
    groupProtocol: 'classic',
    partitionAssignmentStrategy: ['range', 'cooperative-sticky'],
    heartbeatIntervalMs: 3_000,
    isolationLevel: 'read_uncommitted',
    maxPartitionFetchBytes: 1_048_576,
    maxPollIntervalMs: 300_000,
    maxPollRecords: 500,
    sessionTimeoutMs: 45_000,
  })
})
test('without a group nothing is committed automatically', () => {
  expect(settings({}).enableAutoCommit).toBe(false)
})
test.each([
  [{ enableAutoCommit: true }, 'only a group has offsets to commit'],
  [{ groupInstanceId: 'i' }, 'set groupId'],
  [{ groupId: 'g', heartbeatIntervalMs: 45_000 }, 'heartbeatIntervalMs and sessionTimeoutMs'],
  [{ partitionAssignmentStrategy: ['sticky'] }, 'sticky is not one of range, roundrobin'],
  [{ groupId: 'g', groupProtocol: 'consumer', sessionTimeoutMs: 9_000 }, 'sessionTimeoutMs and groupProtocol'],
  [{ groupId: 'g', groupProtocol: 'consumer', heartbeatIntervalMs: 9 }, 'heartbeatIntervalMs and groupProtocol'],
  [
    { groupId: 'g', groupProtocol: 'consumer', partitionAssignmentStrategy: ['range'] },
    'partitionAssignmentStrategy and groupProtocol',
  ],
  [{ groupId: 'g', groupRemoteAssignor: 'uniform' }, 'groupRemoteAssignor and groupProtocol'],
  [{ fromBeginning: true }, 'there is no such option'],
])('%j is refused: %s', (options, message) => {
  expect(() => settings(options)).toThrow(message)
})
