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

/** API key 68: membership and assignment of a KIP-848 group. v1 ids made by the member, pattern subscriptions. */
export const ConsumerGroupHeartbeatRequest = message({
  name: 'ConsumerGroupHeartbeatRequest',
  apiKey: 68,
  versions: '0-1',
  flexible: '0+',
  fields: {
    groupId: { type: string, versions: '0+' },
    memberId: { type: string, versions: '0+', about: 'Made by the member from version 1 on.' },
    memberEpoch: { type: int32, versions: '0+', about: '0: join, −1: leave, −2: a static member leaves for a while.' },
    instanceId: {
      type: nullableString,
      versions: '0+',
      default: null,
      about: 'Null: unchanged since the last heartbeat, or none.',
    },
    rackId: {
      type: nullableString,
      versions: '0+',
      default: null,
      about: 'Null: unchanged since the last heartbeat, or none.',
    },
    rebalanceTimeoutMs: { type: int32, versions: '0+', default: -1, about: '−1: unchanged since the last heartbeat.' },
    subscribedTopicNames: {
      type: nullable(array(string)),
      versions: '0+',
      default: null,
      about: 'Null: unchanged since the last heartbeat.',
    },
    subscribedTopicRegex: {
      type: nullableString,
      versions: '1+',
      default: null,
      about: 'RE2 syntax; null: unchanged since the last heartbeat.',
    },
    serverAssignor: {
      type: nullableString,
      versions: '0+',
      default: null,
      about: 'Null: unchanged, or the broker’s default.',
    },
    topicPartitions: {
      type: nullable(
        array(struct({ topicId: { type: uuid, versions: '0+' }, partitions: { type: array(int32), versions: '0+' } })),
      ),
      versions: '0+',
      default: null,
      about: 'What the member owns now; null: unchanged since the last heartbeat.',
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
    throttleTimeMs: {
      type: int32,
      versions: '0+',
      default: 0,
      about: 'How long the broker delayed this answer, or wants the client to pause, because of a quota.',
    },
    errorCode: { type: int16, versions: '0+' },
    errorMessage: { type: nullableString, versions: '0+', default: null },
    memberId: { type: nullableString, versions: '0+', default: null, about: 'Null unless the broker made it.' },
    memberEpoch: { type: int32, versions: '0+' },
    heartbeatIntervalMs: { type: int32, versions: '0+' },
    assignment: {
      type: nullable(struct({ topicPartitions: { type: array(topicPartitions), versions: '0+' } })),
      versions: '0+',
      default: null,
      about: 'Null: unchanged.',
    },
  },
})
export type ConsumerGroupHeartbeatResponse = ValueOf<typeof ConsumerGroupHeartbeatResponse>
