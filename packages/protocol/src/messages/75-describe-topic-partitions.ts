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

/** API key 75: metadata page by page (KIP-966). */
export const DescribeTopicPartitionsRequest = message({
  name: 'DescribeTopicPartitionsRequest',
  apiKey: 75,
  versions: '0',
  flexible: '0+',
  fields: {
    topics: {
      type: array(struct({ name: { type: string, versions: '0+' } })),
      versions: '0+',
      about: 'In ascending order; empty: all.',
    },
    responsePartitionLimit: { type: int32, versions: '0+', default: 2000, about: 'The broker may send fewer.' },
    cursor: {
      type: nullable(
        struct({ topicName: { type: string, versions: '0+' }, partitionIndex: { type: int32, versions: '0+' } }),
      ),
      versions: '0+',
      default: null,
      about: 'Null: from the start.',
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
    throttleTimeMs: {
      type: int32,
      versions: '0+',
      default: 0,
      ignorable: true,
      about: 'How long the broker delayed this answer, or wants the client to pause, because of a quota.',
    },
    topics: {
      type: array(
        struct({
          errorCode: { type: int16, versions: '0+' },
          name: { type: nullableString, versions: '0+', mapKey: true },
          topicId: { type: uuid, versions: '0+', ignorable: true },
          isInternal: {
            type: bool,
            versions: '0+',
            default: false,
            ignorable: true,
            about: 'True for the coordinators’ own topics.',
          },
          partitions: {
            type: array(
              struct({
                errorCode: { type: int16, versions: '0+' },
                partitionIndex: { type: int32, versions: '0+' },
                leaderId: { type: int32, versions: '0+' },
                leaderEpoch: { type: int32, versions: '0+', default: -1, ignorable: true },
                replicaNodes: { type: array(int32), versions: '0+' },
                isrNodes: { type: array(int32), versions: '0+', about: 'The in-sync replicas.' },
                eligibleLeaderReplicas: {
                  type: nullable(array(int32)),
                  versions: '0+',
                  default: null,
                  about: 'Out of sync, but known to have everything committed (KIP-966).',
                },
                lastKnownElr: { type: nullable(array(int32)), versions: '0+', default: null },
                offlineReplicas: {
                  type: array(int32),
                  versions: '0+',
                  ignorable: true,
                  about: 'Replicas on failed disks.',
                },
              }),
            ),
            versions: '0+',
          },
          topicAuthorizedOperations: {
            type: int32,
            versions: '0+',
            default: -(2 ** 31),
            about: 'Bit set of AclOperation codes; −2^31 if not asked for.',
          },
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
      about: 'Null: this is all.',
    },
  },
})
export type DescribeTopicPartitionsResponse = ValueOf<typeof DescribeTopicPartitionsResponse>
