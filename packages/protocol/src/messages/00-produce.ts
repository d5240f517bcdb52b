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

export const ProduceRequest = message({
  name: 'ProduceRequest',
  apiKey: 0,
  versions: '0-13',
  flexible: '9+',
  fields: {
    transactionalId: { type: nullableString, versions: '3+', default: null },
    acks: { type: int16, versions: '0+' },
    timeoutMs: { type: int32, versions: '0+' },
    topicData: {
      type: array(
        struct({
          name: { type: string, versions: '0-12', default: '', ignorable: true, mapKey: true },
          topicId: { type: uuid, versions: '13+', default: ZERO_UUID, ignorable: true, mapKey: true },
          partitionData: {
            type: array(struct({ index: { type: int32, versions: '0+' }, records: { type: records, versions: '0+' } })),
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
                baseOffset: { type: int64, versions: '0+' },
                logAppendTimeMs: { type: int64, versions: '2+', default: -1, ignorable: true },
                logStartOffset: { type: int64, versions: '5+', default: -1, ignorable: true },
                recordErrors: {
                  type: array(
                    struct({
                      batchIndex: { type: int32, versions: '8+' },
                      batchIndexErrorMessage: { type: nullableString, versions: '8+', default: null },
                    }),
                  ),
                  versions: '8+',
                  default: [],
                  ignorable: true,
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
                },
              }),
            ),
            versions: '0+',
          },
        }),
      ),
      versions: '0+',
    },
    throttleTimeMs: { type: int32, versions: '1+', default: 0, ignorable: true },
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
    },
  },
})
export type ProduceResponse = ValueOf<typeof ProduceResponse>
