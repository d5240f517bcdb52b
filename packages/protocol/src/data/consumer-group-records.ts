import {
  array,
  bigint64,
  bytes,
  int8,
  int32,
  int64,
  message,
  nullable,
  nullableString,
  string,
  struct,
  uuid,
  type ValueOf,
} from '../wire/schema.ts'

/** `__consumer_offsets`, KIP-848: the group and its epoch. */
export const ConsumerGroupMetadataKey = message({
  name: 'ConsumerGroupMetadataKey',
  apiKey: 3,
  versions: '0',
  flexible: 'none',
  fields: { groupId: { type: string, versions: '0' } },
})
export type ConsumerGroupMetadataKey = ValueOf<typeof ConsumerGroupMetadataKey>

export const ConsumerGroupMetadataValue = message({
  name: 'ConsumerGroupMetadataValue',
  apiKey: 3,
  versions: '0',
  flexible: '0+',
  fields: {
    epoch: { type: int32, versions: '0+' },
    metadataHash: {
      type: bigint64,
      versions: '0+',
      default: 0n,
      tag: 0,
      about: 'Of the subscribed topics, to notice that they have changed.',
    },
  },
})
export type ConsumerGroupMetadataValue = ValueOf<typeof ConsumerGroupMetadataValue>

/** The topics a group is subscribed to. Kafka 4.1 writes tombstones only: metadataHash replaces it. */
export const ConsumerGroupPartitionMetadataKey = message({
  name: 'ConsumerGroupPartitionMetadataKey',
  apiKey: 4,
  versions: '0',
  flexible: 'none',
  fields: { groupId: { type: string, versions: '0' } },
})
export type ConsumerGroupPartitionMetadataKey = ValueOf<typeof ConsumerGroupPartitionMetadataKey>

export const ConsumerGroupPartitionMetadataValue = message({
  name: 'ConsumerGroupPartitionMetadataValue',
  apiKey: 4,
  versions: '0',
  flexible: '0+',
  fields: {
    topics: {
      type: array(
        struct({
          topicId: { type: uuid, versions: '0+' },
          topicName: { type: string, versions: '0+' },
          numPartitions: { type: int32, versions: '0+' },
          partitionMetadata: {
            type: array(
              struct({ partition: { type: int32, versions: '0+' }, racks: { type: array(string), versions: '0+' } }),
            ),
            versions: '0+',
          },
        }),
      ),
      versions: '0+',
    },
  },
})
export type ConsumerGroupPartitionMetadataValue = ValueOf<typeof ConsumerGroupPartitionMetadataValue>

/** What a member says of itself. */
export const ConsumerGroupMemberMetadataKey = message({
  name: 'ConsumerGroupMemberMetadataKey',
  apiKey: 5,
  versions: '0',
  flexible: 'none',
  fields: { groupId: { type: string, versions: '0' }, memberId: { type: string, versions: '0' } },
})
export type ConsumerGroupMemberMetadataKey = ValueOf<typeof ConsumerGroupMemberMetadataKey>

export const ConsumerGroupMemberMetadataValue = message({
  name: 'ConsumerGroupMemberMetadataValue',
  apiKey: 5,
  versions: '0',
  flexible: '0+',
  fields: {
    instanceId: { type: nullableString, versions: '0+' },
    rackId: {
      type: nullableString,
      versions: '0+',
      about: 'Rack of the client, for reading from the closest replica (KIP-392).',
    },
    clientId: { type: string, versions: '0+' },
    clientHost: { type: string, versions: '0+' },
    subscribedTopicNames: { type: array(string), versions: '0+' },
    subscribedTopicRegex: { type: nullableString, versions: '0+', about: 'RE2 syntax; null or empty: no pattern.' },
    rebalanceTimeoutMs: { type: int32, versions: '0+', default: -1 },
    serverAssignor: { type: nullableString, versions: '0+' },
    classicMemberMetadata: {
      type: nullable(
        struct({
          sessionTimeoutMs: { type: int32, versions: '0+' },
          supportedProtocols: {
            type: array(struct({ name: { type: string, versions: '0+' }, metadata: { type: bytes, versions: '0+' } })),
            versions: '0+',
          },
        }),
      ),
      versions: '0+',
      tag: 0,
      about:
        'Null for a member that speaks the consumer protocol. A record without the field means an empty struct, not null.',
    },
  },
})
export type ConsumerGroupMemberMetadataValue = ValueOf<typeof ConsumerGroupMemberMetadataValue>

/** The epoch of the target assignment. */
export const ConsumerGroupTargetAssignmentMetadataKey = message({
  name: 'ConsumerGroupTargetAssignmentMetadataKey',
  apiKey: 6,
  versions: '0',
  flexible: 'none',
  fields: { groupId: { type: string, versions: '0' } },
})
export type ConsumerGroupTargetAssignmentMetadataKey = ValueOf<typeof ConsumerGroupTargetAssignmentMetadataKey>

export const ConsumerGroupTargetAssignmentMetadataValue = message({
  name: 'ConsumerGroupTargetAssignmentMetadataValue',
  apiKey: 6,
  versions: '0',
  flexible: '0+',
  fields: {
    assignmentEpoch: { type: int32, versions: '0+' },
    assignmentTimestamp: {
      type: int64,
      versions: '0+',
      default: 0,
      tag: 0,
      ignorable: true,
      about: 'In milliseconds.',
    },
  },
})
export type ConsumerGroupTargetAssignmentMetadataValue = ValueOf<typeof ConsumerGroupTargetAssignmentMetadataValue>

/** What a member shall own. */
export const ConsumerGroupTargetAssignmentMemberKey = message({
  name: 'ConsumerGroupTargetAssignmentMemberKey',
  apiKey: 7,
  versions: '0',
  flexible: 'none',
  fields: { groupId: { type: string, versions: '0' }, memberId: { type: string, versions: '0' } },
})
export type ConsumerGroupTargetAssignmentMemberKey = ValueOf<typeof ConsumerGroupTargetAssignmentMemberKey>

export const ConsumerGroupTargetAssignmentMemberValue = message({
  name: 'ConsumerGroupTargetAssignmentMemberValue',
  apiKey: 7,
  versions: '0',
  flexible: '0+',
  fields: {
    topicPartitions: {
      type: array(
        struct({ topicId: { type: uuid, versions: '0+' }, partitions: { type: array(int32), versions: '0+' } }),
      ),
      versions: '0+',
    },
  },
})
export type ConsumerGroupTargetAssignmentMemberValue = ValueOf<typeof ConsumerGroupTargetAssignmentMemberValue>

/** What a member owns, and what it still has to give up. */
export const ConsumerGroupCurrentMemberAssignmentKey = message({
  name: 'ConsumerGroupCurrentMemberAssignmentKey',
  apiKey: 8,
  versions: '0',
  flexible: 'none',
  fields: { groupId: { type: string, versions: '0' }, memberId: { type: string, versions: '0' } },
})
export type ConsumerGroupCurrentMemberAssignmentKey = ValueOf<typeof ConsumerGroupCurrentMemberAssignmentKey>

const topicPartitions = struct({
  topicId: { type: uuid, versions: '0+' },
  partitions: { type: array(int32), versions: '0+' },
  assignmentEpochs: {
    type: nullable(array(int32)),
    versions: '0+',
    default: [],
    tag: 0,
    about: 'Parallel to partitions: the member epoch since which each is owned; empty: not known.',
  },
})

export const ConsumerGroupCurrentMemberAssignmentValue = message({
  name: 'ConsumerGroupCurrentMemberAssignmentValue',
  apiKey: 8,
  versions: '0',
  flexible: '0+',
  fields: {
    memberEpoch: { type: int32, versions: '0+' },
    previousMemberEpoch: { type: int32, versions: '0+' },
    state: {
      type: int8,
      versions: '0+',
      about: '0 stable, 1 unrevoked partitions, 2 unreleased partitions, 127 unknown.',
    },
    assignedPartitions: { type: array(topicPartitions), versions: '0+' },
    partitionsPendingRevocation: { type: array(topicPartitions), versions: '0+' },
  },
})
export type ConsumerGroupCurrentMemberAssignmentValue = ValueOf<typeof ConsumerGroupCurrentMemberAssignmentValue>

/** The topics a pattern stands for. */
export const ConsumerGroupRegularExpressionKey = message({
  name: 'ConsumerGroupRegularExpressionKey',
  apiKey: 16,
  versions: '0',
  flexible: 'none',
  fields: { groupId: { type: string, versions: '0' }, regularExpression: { type: string, versions: '0' } },
})
export type ConsumerGroupRegularExpressionKey = ValueOf<typeof ConsumerGroupRegularExpressionKey>

export const ConsumerGroupRegularExpressionValue = message({
  name: 'ConsumerGroupRegularExpressionValue',
  apiKey: 16,
  versions: '0',
  flexible: '0+',
  fields: {
    topics: { type: array(string), versions: '0+' },
    version: { type: int64, versions: '0+', about: 'Of the metadata image it was resolved with.' },
    timestamp: { type: int64, versions: '0+', about: 'When it was resolved, in milliseconds.' },
  },
})
export type ConsumerGroupRegularExpressionValue = ValueOf<typeof ConsumerGroupRegularExpressionValue>
