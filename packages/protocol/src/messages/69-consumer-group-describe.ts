import {
  array,
  bool,
  int8,
  int16,
  int32,
  message,
  nullableString,
  string,
  struct,
  uuid,
  type ValueOf,
} from '../wire/schema.ts'

/** API key 69 (KIP-848). v1 type of the member. */
export const ConsumerGroupDescribeRequest = message({
  name: 'ConsumerGroupDescribeRequest',
  apiKey: 69,
  versions: '0-1',
  flexible: '0+',
  fields: {
    groupIds: { type: array(string), versions: '0+' },
    includeAuthorizedOperations: { type: bool, versions: '0+' },
  },
})
export type ConsumerGroupDescribeRequest = ValueOf<typeof ConsumerGroupDescribeRequest>

const topicPartitions = struct({
  topicId: { type: uuid, versions: '0+' },
  topicName: { type: string, versions: '0+' },
  partitions: { type: array(int32), versions: '0+' },
})
const assignment = struct({ topicPartitions: { type: array(topicPartitions), versions: '0+' } })

export const ConsumerGroupDescribeResponse = message({
  name: 'ConsumerGroupDescribeResponse',
  apiKey: 69,
  versions: '0-1',
  flexible: '0+',
  fields: {
    throttleTimeMs: {
      type: int32,
      versions: '0+',
      default: 0,
      about: 'How long the broker delayed this answer, or wants the client to pause, because of a quota.',
    },
    groups: {
      type: array(
        struct({
          errorCode: { type: int16, versions: '0+' },
          errorMessage: { type: nullableString, versions: '0+', default: null },
          groupId: { type: string, versions: '0+' },
          groupState: { type: string, versions: '0+' },
          groupEpoch: { type: int32, versions: '0+' },
          assignmentEpoch: { type: int32, versions: '0+' },
          assignorName: { type: string, versions: '0+' },
          members: {
            type: array(
              struct({
                memberId: { type: string, versions: '0+' },
                instanceId: { type: nullableString, versions: '0+', default: null },
                rackId: {
                  type: nullableString,
                  versions: '0+',
                  default: null,
                  about: 'Rack of the client, for reading from the closest replica (KIP-392).',
                },
                memberEpoch: { type: int32, versions: '0+' },
                clientId: { type: string, versions: '0+' },
                clientHost: { type: string, versions: '0+' },
                subscribedTopicNames: { type: array(string), versions: '0+' },
                subscribedTopicRegex: {
                  type: nullableString,
                  versions: '0+',
                  default: null,
                  about: 'RE2 syntax; null or empty: no pattern.',
                },
                assignment: { type: assignment, versions: '0+' },
                targetAssignment: { type: assignment, versions: '0+' },
                memberType: {
                  type: int8,
                  versions: '1+',
                  default: -1,
                  ignorable: true,
                  about: '−1: not known, 0: classic, 1: consumer.',
                },
              }),
            ),
            versions: '0+',
          },
          authorizedOperations: {
            type: int32,
            versions: '0+',
            default: -(2 ** 31),
            about: 'Bit set of AclOperation codes; −2^31 if not asked for.',
          },
        }),
      ),
      versions: '0+',
    },
  },
})
export type ConsumerGroupDescribeResponse = ValueOf<typeof ConsumerGroupDescribeResponse>
