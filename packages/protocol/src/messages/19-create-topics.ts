import {
  array,
  bool,
  int8,
  int16,
  int32,
  message,
  nullable,
  nullableString,
  string,
  struct,
  uuid,
  type ValueOf,
  ZERO_UUID,
} from '../wire/schema.ts'

export const CreateTopicsRequest = message({
  name: 'CreateTopicsRequest',
  apiKey: 19,
  versions: '0-7',
  flexible: '5+',
  fields: {
    topics: {
      type: array(
        struct({
          name: { type: string, versions: '0+', mapKey: true },
          numPartitions: { type: int32, versions: '0+' },
          replicationFactor: { type: int16, versions: '0+' },
          assignments: {
            type: array(
              struct({
                partitionIndex: { type: int32, versions: '0+', mapKey: true },
                brokerIds: { type: array(int32), versions: '0+' },
              }),
            ),
            versions: '0+',
          },
          configs: {
            type: array(
              struct({
                name: { type: string, versions: '0+', mapKey: true },
                value: { type: nullableString, versions: '0+' },
              }),
            ),
            versions: '0+',
          },
        }),
      ),
      versions: '0+',
    },
    timeoutMs: { type: int32, versions: '0+', default: 60000 },
    validateOnly: { type: bool, versions: '1+', default: false },
  },
})
export type CreateTopicsRequest = ValueOf<typeof CreateTopicsRequest>

export const CreateTopicsResponse = message({
  name: 'CreateTopicsResponse',
  apiKey: 19,
  versions: '0-7',
  flexible: '5+',
  fields: {
    throttleTimeMs: { type: int32, versions: '2+', default: 0, ignorable: true },
    topics: {
      type: array(
        struct({
          name: { type: string, versions: '0+', mapKey: true },
          topicId: { type: uuid, versions: '7+', default: ZERO_UUID, ignorable: true },
          errorCode: { type: int16, versions: '0+' },
          errorMessage: { type: nullableString, versions: '1+', default: '', ignorable: true },
          topicConfigErrorCode: { type: int16, versions: '5+', default: 0, tag: 0, ignorable: true },
          numPartitions: { type: int32, versions: '5+', default: -1, ignorable: true },
          replicationFactor: { type: int16, versions: '5+', default: -1, ignorable: true },
          configs: {
            type: nullable(
              array(
                struct({
                  name: { type: string, versions: '5+' },
                  value: { type: nullableString, versions: '5+' },
                  readOnly: { type: bool, versions: '5+' },
                  configSource: { type: int8, versions: '5+', default: -1, ignorable: true },
                  isSensitive: { type: bool, versions: '5+' },
                }),
              ),
            ),
            versions: '5+',
            default: [],
            ignorable: true,
          },
        }),
      ),
      versions: '0+',
    },
  },
})
export type CreateTopicsResponse = ValueOf<typeof CreateTopicsResponse>
