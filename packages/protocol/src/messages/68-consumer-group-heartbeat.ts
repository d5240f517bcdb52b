import {
  array,
  int16,
  int32,
  message,
  nullable,
  nullableString,
  string,
  struct,
  uuid,
  type ValueOf,
} from '../wire/schema.ts'

export const ConsumerGroupHeartbeatRequest = message({
  name: 'ConsumerGroupHeartbeatRequest',
  apiKey: 68,
  versions: '0-1',
  flexible: '0+',
  fields: {
    groupId: { type: string, versions: '0+' },
    memberId: { type: string, versions: '0+' },
    memberEpoch: { type: int32, versions: '0+' },
    instanceId: { type: nullableString, versions: '0+', default: null },
    rackId: { type: nullableString, versions: '0+', default: null },
    rebalanceTimeoutMs: { type: int32, versions: '0+', default: -1 },
    subscribedTopicNames: { type: nullable(array(string)), versions: '0+', default: null },
    subscribedTopicRegex: { type: nullableString, versions: '1+', default: null },
    serverAssignor: { type: nullableString, versions: '0+', default: null },
    topicPartitions: {
      type: nullable(
        array(struct({ topicId: { type: uuid, versions: '0+' }, partitions: { type: array(int32), versions: '0+' } })),
      ),
      versions: '0+',
      default: null,
    },
  },
})
export type ConsumerGroupHeartbeatRequest = ValueOf<typeof ConsumerGroupHeartbeatRequest>

const topicPartitions = struct({
  topicId: { type: uuid, versions: '0+' },
  partitions: { type: array(int32), versions: '0+' },
})

export const ConsumerGroupHeartbeatResponse = message({
  name: 'ConsumerGroupHeartbeatResponse',
  apiKey: 68,
  versions: '0-1',
  flexible: '0+',
  fields: {
    throttleTimeMs: { type: int32, versions: '0+', default: 0 },
    errorCode: { type: int16, versions: '0+' },
    errorMessage: { type: nullableString, versions: '0+', default: null },
    memberId: { type: nullableString, versions: '0+', default: null },
    memberEpoch: { type: int32, versions: '0+' },
    heartbeatIntervalMs: { type: int32, versions: '0+' },
    assignment: {
      type: nullable(struct({ topicPartitions: { type: array(topicPartitions), versions: '0+' } })),
      versions: '0+',
      default: null,
    },
  },
})
export type ConsumerGroupHeartbeatResponse = ValueOf<typeof ConsumerGroupHeartbeatResponse>
