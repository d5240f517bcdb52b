import { array, int8, int32, message, nullable, string, uuid, type ValueOf } from '../../wire/schema.ts'

export const TopicRecord = message({
  name: 'TopicRecord',
  apiKey: 2,
  versions: '0',
  flexible: '0+',
  fields: { name: { type: string, versions: '0+' }, topicId: { type: uuid, versions: '0+' } },
})
export type TopicRecord = ValueOf<typeof TopicRecord>

export const PartitionRecord = message({
  name: 'PartitionRecord',
  apiKey: 3,
  versions: '0-2',
  flexible: '0+',
  fields: {
    partitionId: { type: int32, versions: '0+', default: -1 },
    topicId: { type: uuid, versions: '0+' },
    replicas: { type: array(int32), versions: '0+' },
    isr: { type: array(int32), versions: '0+' },
    removingReplicas: { type: array(int32), versions: '0+' },
    addingReplicas: { type: array(int32), versions: '0+' },
    leader: { type: int32, versions: '0+', default: -1 },
    leaderRecoveryState: {
      type: int8,
      versions: '0+',
      default: 0,
      tag: 0,
      about: '1 after an unclean election, until the leader has recovered.',
    },
    leaderEpoch: { type: int32, versions: '0+', default: -1 },
    partitionEpoch: { type: int32, versions: '0+', default: -1 },
    directories: {
      type: array(uuid),
      versions: '1+',
      default: [],
      about: 'Parallel to replicas: the id of the log directory of each.',
    },
    eligibleLeaderReplicas: { type: nullable(array(int32)), versions: '2+', default: null, tag: 1 },
    lastKnownElr: { type: nullable(array(int32)), versions: '2+', default: null, tag: 2 },
  },
})
export type PartitionRecord = ValueOf<typeof PartitionRecord>

export const PartitionChangeRecord = message({
  name: 'PartitionChangeRecord',
  apiKey: 5,
  versions: '0-2',
  flexible: '0+',
  fields: {
    partitionId: { type: int32, versions: '0+', default: -1 },
    topicId: { type: uuid, versions: '0+' },
    isr: {
      type: nullable(array(int32)),
      versions: '0+',
      default: null,
      tag: 0,
      about: 'Null: unchanged; so in the fields below.',
    },
    leader: { type: int32, versions: '0+', default: -2, tag: 1, about: '−1: no leader, −2: unchanged.' },
    replicas: { type: nullable(array(int32)), versions: '0+', default: null, tag: 2 },
    removingReplicas: { type: nullable(array(int32)), versions: '0+', default: null, tag: 3 },
    addingReplicas: { type: nullable(array(int32)), versions: '0+', default: null, tag: 4 },
    leaderRecoveryState: { type: int8, versions: '0+', default: -1, tag: 5, about: '−1: unchanged.' },
    directories: { type: nullable(array(uuid)), versions: '1+', default: null, tag: 8 },
    eligibleLeaderReplicas: { type: nullable(array(int32)), versions: '2+', default: null, tag: 6 },
    lastKnownElr: { type: nullable(array(int32)), versions: '2+', default: null, tag: 7 },
  },
})
export type PartitionChangeRecord = ValueOf<typeof PartitionChangeRecord>

export const RemoveTopicRecord = message({
  name: 'RemoveTopicRecord',
  apiKey: 9,
  versions: '0',
  flexible: '0+',
  fields: { topicId: { type: uuid, versions: '0+' } },
})
export type RemoveTopicRecord = ValueOf<typeof RemoveTopicRecord>
