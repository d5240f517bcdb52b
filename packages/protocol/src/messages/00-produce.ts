import {
  array,
  int16,
  int32,
  int64,
  message,
  nullableString,
  records,
  string,
  struct,
  uuid,
  type ValueOf,
  ZERO_UUID,
} from '../wire/schema.ts'

/**
 * API key 0. v3 record batches; v5 start offset; v8 errors of single records (KIP-467); v10 where the leader is
 * (KIP-951); v12 adds partitions to transactions implicitly (KIP-890); v13 topic ids.
 */
export const ProduceRequest = message({
  name: 'ProduceRequest',
  apiKey: 0,
  versions: '0-13',
  flexible: '9+',
  fields: {
    transactionalId: {
      type: nullableString,
      versions: '3+',
      default: null,
      about: 'Null for a producer without transactions.',
    },
    acks: {
      type: int16,
      versions: '0+',
      about: '0: no answer at all, 1: the leader has it, −1: all in-sync replicas have it.',
    },
    timeoutMs: { type: int32, versions: '0+' },
    topicData: {
      type: array(
        struct({
          name: { type: string, versions: '0-12', default: '', ignorable: true, mapKey: true },
          topicId: { type: uuid, versions: '13+', default: ZERO_UUID, ignorable: true, mapKey: true },
          partitionData: {
            type: array(
              struct({
                index: { type: int32, versions: '0+' },
                records: { type: records, versions: '0+', about: 'One batch from version 3 on.' },
              }),
            ),
            versions: '0+',
          },
        }),
      ),
      versions: '0+',
    },
  },
})
export type ProduceRequest = ValueOf<typeof ProduceRequest>

export const ProduceResponse = message({
  name: 'ProduceResponse',
  apiKey: 0,
  versions: '0-13',
  flexible: '9+',
  fields: {
    responses: {
      type: array(
        struct({
          name: { type: string, versions: '0-12', default: '', ignorable: true, mapKey: true },
          topicId: { type: uuid, versions: '13+', default: ZERO_UUID, ignorable: true, mapKey: true },
          partitionResponses: {
            type: array(
              struct({
                index: { type: int32, versions: '0+' },
                errorCode: { type: int16, versions: '0+' },
                baseOffset: { type: int64, versions: '0+', about: 'Offset of the first record; −1 with an error.' },
                logAppendTimeMs: {
                  type: int64,
                  versions: '2+',
                  default: -1,
                  ignorable: true,
                  about: '−1 unless the topic uses LogAppendTime.',
                },
                logStartOffset: { type: int64, versions: '5+', default: -1, ignorable: true },
                recordErrors: {
                  type: array(
                    struct({
                      batchIndex: { type: int32, versions: '8+', about: 'Index of the record in its batch.' },
                      batchIndexErrorMessage: { type: nullableString, versions: '8+', default: null },
                    }),
                  ),
                  versions: '8+',
                  default: [],
                  ignorable: true,
                  about: 'Which records were refused (KIP-467).',
                },
                errorMessage: { type: nullableString, versions: '8+', default: null, ignorable: true },
                currentLeader: {
                  type: struct({
                    leaderId: { type: int32, versions: '10+', default: -1 },
                    leaderEpoch: { type: int32, versions: '10+', default: -1 },
                  }),
                  versions: '10+',
                  default: { leaderId: -1, leaderEpoch: -1 },
                  tag: 0,
                  about:
                    'Sent with NOT_LEADER_OR_FOLLOWER and FENCED_LEADER_EPOCH, so that no metadata request is needed (KIP-951).',
                },
              }),
            ),
            versions: '0+',
          },
        }),
      ),
      versions: '0+',
    },
    throttleTimeMs: {
      type: int32,
      versions: '1+',
      default: 0,
      ignorable: true,
      about: 'How long the broker delayed this answer, or wants the client to pause, because of a quota.',
    },
    nodeEndpoints: {
      type: array(
        struct({
          nodeId: { type: int32, versions: '10+', mapKey: true },
          host: { type: string, versions: '10+' },
          port: { type: int32, versions: '10+' },
          rack: { type: nullableString, versions: '10+', default: null },
        }),
      ),
      versions: '10+',
      default: [],
      tag: 0,
      about: 'Where the leaders named in currentLeader live (KIP-951).',
    },
  },
})
export type ProduceResponse = ValueOf<typeof ProduceResponse>
