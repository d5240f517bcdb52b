import {
  array,
  bool,
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

export const DescribeTopicPartitionsRequest = message({
  name: 'DescribeTopicPartitionsRequest',
  apiKey: 75,
  versions: '0',
  flexible: '0+',
  fields: {
    topics: { type: array(struct({ name: { type: string, versions: '0+' } })), versions: '0+' },
    responsePartitionLimit: { type: int32, versions: '0+', default: 2000 },
    cursor: {
      type: nullable(
        struct({ topicName: { type: string, versions: '0+' }, partitionIndex: { type: int32, versions: '0+' } }),
      ),
      versions: '0+',
      default: null,
    },
  },
})
export type DescribeTopicPartitionsRequest = ValueOf<typeof DescribeTopicPartitionsRequest>

export const DescribeTopicPartitionsResponse = message({
  name: 'DescribeTopicPartitionsResponse',
  apiKey: 75,
  versions: '0',
  flexible: '0+',
  fields: {
    throttleTimeMs: { type: int32, versions: '0+', default: 0, ignorable: true },
    topics: {
      type: array(
        struct({
          errorCode: { type: int16, versions: '0+' },
          name: { type: nullableString, versions: '0+', mapKey: true },
          topicId: { type: uuid, versions: '0+', ignorable: true },
          isInternal: { type: bool, versions: '0+', default: false, ignorable: true },
          partitions: {
            type: array(
              struct({
                errorCode: { type: int16, versions: '0+' },
                partitionIndex: { type: int32, versions: '0+' },
                leaderId: { type: int32, versions: '0+' },
                leaderEpoch: { type: int32, versions: '0+', default: -1, ignorable: true },
                replicaNodes: { type: array(int32), versions: '0+' },
                isrNodes: { type: array(int32), versions: '0+' },
                eligibleLeaderReplicas: { type: nullable(array(int32)), versions: '0+', default: null },
                lastKnownElr: { type: nullable(array(int32)), versions: '0+', default: null },
                offlineReplicas: { type: array(int32), versions: '0+', ignorable: true },
              }),
            ),
            versions: '0+',
          },
          topicAuthorizedOperations: { type: int32, versions: '0+', default: -(2 ** 31) },
        }),
      ),
      versions: '0+',
    },
    nextCursor: {
      type: nullable(
        struct({ topicName: { type: string, versions: '0+' }, partitionIndex: { type: int32, versions: '0+' } }),
      ),
      versions: '0+',
      default: null,
    },
  },
})
export type DescribeTopicPartitionsResponse = ValueOf<typeof DescribeTopicPartitionsResponse>
